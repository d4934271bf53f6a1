"""What tests/vm/run is made of."""
