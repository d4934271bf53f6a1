#!/bin/bash
# meaning: a scenario beside which others run
# limit: 60
sleep 4
