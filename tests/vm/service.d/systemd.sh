#!/bin/bash
# meaning: under systemd the libc of PID 1 and of a hardened service is patched and reverted while they run; after a restart nothing of it is left, and the module comes by modprobe
# limit: 300
. /suture/tests/vm/lib.sh
. /suture/tests/targets/talk.sh

unit=/etc/systemd/system/hostid.service
modules=/lib/modules/$(uname -r)
says() {
	curl -sS --max-time 20 http://127.0.0.1:8080/
}

if [ "$STAGE" = 1 ]; then
	expect_no_match "$(cat /proc/sys/kernel/random/boot_id)" "^$(cat boot)$" "another boot"
	wait_for 60 says
	expect_eq "$(says)" "$(cat real)" "what the service says now"
	expect_eq "$(ls /sys/kernel/suture)" "" "patches that are loaded"
	rmmod suture
	modprobe suture
	expect_eq "$(modinfo -F filename suture)" "$modules/updates/suture.ko" "where modprobe has it from"
	systemctl disable --quiet --now hostid
	rm -r $unit "$modules/updates"
	exit 0
fi

cat /proc/sys/kernel/random/boot_id >boot
expect_eq "$(cat /proc/1/comm)" systemd "PID 1"
expect_eq "$(systemctl is-system-running)" running "the system"
cat >/usr/local/bin/hostid-server <<'END'
"""Answers each request with what the C library's gethostid() says."""
import ctypes
import http.server

libc = ctypes.CDLL(None)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"%08x" % (libc.gethostid() & 0xFFFFFFFF))


http.server.HTTPServer(("127.0.0.1", 8080), Handler).serve_forever()
END
cat >$unit <<'END'
[Unit]
Description=A service as hardened as they come
[Service]
ExecStart=/usr/bin/python3 /usr/local/bin/hostid-server
DynamicUser=yes
PrivateUsers=yes
PrivateDevices=yes
ProtectProc=invisible
ProtectSystem=strict
NoNewPrivileges=yes
SystemCallFilter=@system-service
[Install]
WantedBy=multi-user.target
END
systemctl daemon-reload
systemctl enable --quiet --now hostid
wait_for 60 says
real=$(says)
echo "$real" >real
server=$(systemctl show -P MainPID hostid)
expect_no_match "$real" 5eed1e55 "what the service says: $real"
before="$server $(start_time "$server") $(start_time 1)"

apply machine-libc
expect_eq "$(says)" 5eed1e55 "what the service says"
expect_eq "$(proc machine-libc 1 state) $(proc machine-libc "$server" state)" "patched patched" \
	"systemd and the service"
text 1 libc.so.6 3
text "$server" libc.so.6 3
# systemd does its work, and what it starts runs the new code
expect_eq "$(systemd-run --quiet --pipe --wait hostid)" 5eed1e55 "what a program says that systemd starts"
suture status machine-libc | tail -n 3
expect_eq "$(suture status --json machine-libc | jq '.patches[0].totals | .total - .patched')" 0 \
	"processes that are not patched"

revert machine-libc
expect_eq "$(says)" "$real" "what the service says"
text 1 libc.so.6 0
expect_eq "$(systemctl show -P MainPID hostid) $(start_time "$server") $(start_time 1)" "$before" \
	"the service's id and start, and systemd's"
expect_eq "$(systemctl is-system-running)" running "the system"

# As `make install` does it; the next part finds it there.
mkdir "$modules/updates"
cp "$SUTURE_KO" "$modules/updates/"
depmod
restart_machine
