#!/bin/bash
# meaning: a patch package from a signed apt repository is applied in the background while a browser and 20 others run, again after a restart before the services start, and reverted when it is removed; sutured runs from its own unit, in its sandbox
# limit: 600
. /suture/tests/vm/lib.sh
. /suture/tests/targets/lib.sh
. /suture/tests/targets/talk.sh

unit=/lib/systemd/system/sutured.service
modules=/lib/modules/$(uname -r)/updates
packages='suture-patch-navigation-origin suture-patch-replace'
history=/var/lib/suture/state/history.json
# The libraries are where a machine has its own: before anything maps them the service finds
# them there.
lib=/usr/local/lib
export LD_LIBRARY_PATH=$lib

# apt WORDS...: with our repository and no other; $dpkg_end is when dpkg was done
apt() {
	rm -f dpkg-end
	DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dir::Etc::sourceparts=- \
		-o Dir::Etc::sourcelist=/etc/apt/sources.list.d/our-patches.list \
		-o DPkg::Post-Invoke::="date +%s%3N >$PWD/dpkg-end" "$@" >apt.log 2>&1 ||
		die "apt-get $*: $(cat apt.log)"
	[ ! -e dpkg-end ] || dpkg_end=$(cat dpkg-end)
}

# state NAME: in `suture list`
state() {
	suture list --json | jq -r --arg name "$1" '.patches[] | select(.name == $name) | .state'
}

# last EVENT NAME: when the service has seen it last, in milliseconds
last() {
	jq --arg event "$1" --arg patch "$2" '[.events[] | select(.event == $event and .patch == $patch) | .time_ms] | last // 0' $history
}

# both STATE: both patches come to that in 30 seconds
both() {
	wait_for 30 eval "[ \"\$(state navigation-origin) \$(state replace)\" = '$1 $1' ]"
	ok "both are $1"
}

# after EVENT: how long after dpkg's end it was for the last of both; it must be 2 s at most
after() {
	local a b
	a=$(last "$1" navigation-origin) b=$(last "$1" replace)
	took=$(((a > b ? a : b) - dpkg_end))
	echo "figure: $1 in all processes $took ms after dpkg's end"
	expect_le "$took" $((2000 * ${SUTURE_FACTOR:-1})) "milliseconds from dpkg's end"
	echo "load: $(cat /proc/loadavg)"
}

# all ANSWER WORDS...: of the 20
all() {
	local i
	for ((i = 1; i <= 20; i++)); do
		is "other$i" "$@" >/dev/null
	done
	ok "all 20: $*"
}

# field NAME: of the unit
unit_says() {
	systemctl show -P "$1" sutured
}

# journal_has EVENT PATCH: the newest such entry, in $entry
journal_has() {
	journalctl --sync
	entry=$(journalctl -b -o json -u sutured "SUTURE_EVENT=$1" "SUTURE_PATCH=$2" | tail -n 1)
	[ -n "$entry" ] || die "the journal has no $1 of $2: $(journalctl -b -u sutured)"
}

# page NAME: what the machine says of itself, kept for whoever wants to see it
page() {
	mkdir -p /run/vm/kept
	suture report -o "/run/vm/kept/$1.html"
}

# serve: the repository, on the local host
serve() {
	start_bg server python3 -m http.server --bind 127.0.0.1 8000
	wait_for 30 curl -sSf http://127.0.0.1:8000/repo/dists/stable/InRelease
}

# ------------------------------------------------------------- after the restart

if [ "$STAGE" = 1 ]; then
	trap '[ $? = 0 ] || { journalctl -b -u sutured -o short-monotonic; suture list; }' EXIT
	both applied
	# who is started after basic.target was patched before its first instruction
	wait_for 60 test -s early
	expect_match "$(cat early)" "^ready [0-9]+ ok$" "what a service said at its start"
	applied=$(journalctl -b -o json -u sutured SUTURE_EVENT=apply SUTURE_PATCH=replace | jq -r .__MONOTONIC_TIMESTAMP | head -n 1)
	[ "$applied" -lt "$(systemctl show -P ActiveEnterTimestampMonotonic basic.target)" ] || die "applied after basic.target"
	[ "$(unit_says ActiveEnterTimestampMonotonic)" -lt "$(systemctl show -P ExecMainStartTimestampMonotonic early)" ] || die "sutured was late"
	ok "sutured was ready before the services started"
	expect_eq "$(jq '[.events[] | select(.event == "boot")] | length' $history)" 2 "boots in the history"
	browser_start tab
	expect_pages tab fixed
	start one "$T/funcs/funcs"
	is one ok new replace
	# the package goes, and with it the patch
	# shellcheck disable=SC2086 # several words
	apt remove $packages
	wait_for 30 eval '[ -z "$(ls /sys/kernel/suture)" ]'
	after gone
	is one ok old replace
	expect_pages tab hostile
	expect_match "$(suture list 2>&1)" "no patch is loaded" "suture list"
	page package-end
	browser_quits tab
	stop one
	systemctl disable --quiet --now sutured
	systemctl disable --quiet early
	rmmod suture
	rm -rf $unit /etc/systemd/system/early.service "$modules" /usr/bin/suture{,d} /usr/lib/suture /var/lib/suture \
		/etc/suture /etc/modprobe.d/suture.conf /etc/apt/sources.list.d/our-patches.list $lib/libfuncs.so $lib/libnavigator.so
	insmod "$SUTURE_KO"
	exit 0
fi

# ------------------------------------------------------------------ the machine

install -m 644 "$T/funcs/libfuncs.so" "$targets/navigator/libnavigator.so" $lib/
# as `make install` does it
rmmod suture
mkdir -p "$modules" /etc/suture
cp "$SUTURE_KO" "$modules/"
depmod
install -m 755 /suture/build/userspace/suture /suture/build/userspace/sutured /usr/bin/
cp /suture/userspace/daemon/sutured.service $unit
cp /suture/userspace/daemon/suture.conf /etc/suture/
hash -r
# keys of the patches, and of the repository
openssl req -new -x509 -newkey rsa:3072 -sha256 -nodes -days 730 -subj '/CN=Our patches' \
	-addext keyUsage=digitalSignature -keyout patches.key -out patches.pem 2>openssl.log
openssl x509 -in patches.pem -outform DER -out patches.der
install -D -m 644 patches.der /etc/suture/trusted.d/patches.der
export GNUPGHOME=$PWD/gnupg
mkdir -m 700 -p gnupg
gpg --batch --passphrase '' --quick-gen-key 'Our Patches <patches@example.org>' rsa3072 sign never 2>gpg.log
echo 'options suture require_signature=1' >/etc/modprobe.d/suture.conf

# the packages
for name in navigation-origin replace; do
	cp "$(spm $name)" .
	suture sign --key patches.key --cert patches.pem $name.spm
	suture verify --cert patches.pem $name.spm
	suture bundle --maintainer 'Our Patches <patches@example.org>' $name.spm
done
# the repository, by the very words of docs/publishing.md
awk '/^## A repository/ { on = 1 } /^## On the machines/ { on = 0 } on && /^    / { print substr($0, 5) }' \
	/suture/docs/publishing.md >publish
expect_match "$(cat publish)" "apt-ftparchive.*gpg --clearsign.*gpg --export" "the words of the manual"
bash -euo pipefail publish >publish.log 2>&1 || die "docs/publishing.md: $(cat publish.log)"
install -D -m 644 repo/our-patches.gpg /usr/share/keyrings/our-patches.gpg
echo 'deb [signed-by=/usr/share/keyrings/our-patches.gpg] http://127.0.0.1:8000/repo stable main' \
	>/etc/apt/sources.list.d/our-patches.list
serve

# ----------------------------------------------------------------- the service

systemctl daemon-reload
systemctl enable --quiet sutured
systemctl start sutured || die "$(systemctl status sutured; journalctl -b -u sutured)"
expect_eq "$(unit_says ActiveState) $(unit_says SubState) $(unit_says Type)" "active running notify" "the unit"
expect_eq "$(cat /sys/module/suture/parameters/require_signature)" Y "the module came by modprobe, with its options"
expect_match "$(unit_says StatusText)" "0 patches in force" "what it tells the service manager"
main=$(unit_says MainPID)
expect_eq "$(jq .pid /run/suture/sutured.json)" "$main" "its process"
expect_eq "$(of_status "$main" NoNewPrivs) $(of_status "$main" Seccomp)" "1 2" "no new privileges, a filter of system calls"
expect_eq "$(of_status "$main" CapBnd)" 0000000000280004 "its capabilities"
expect_no_match "$(readlink /proc/self/ns/mnt)" "^$(readlink "/proc/$main/ns/mnt")$" "a mount namespace of its own"
expect_no_match "$(readlink /proc/self/ns/net)" "^$(readlink "/proc/$main/ns/net")$" "no network"

browser_start tab
for ((i = 1; i <= 20; i++)); do
	start "other$i" "$T/funcs/funcs"
done
before=$(start_time "${bg[tab]}")
expect_pages tab hostile
all ok old replace

# automatic installation is off: it is listed, and that is all
apt update
suture auto off
# shellcheck disable=SC2086 # several words
apt install $packages
both available
sleep 3
expect_eq "$(ls /sys/kernel/suture)" "" "what is loaded"
all ok old replace
expect_pages tab hostile
suture list
# shellcheck disable=SC2086
apt remove $packages
wait_for 30 eval '[ "$(suture list --json | jq ".patches | length")" = 0 ]'
suture auto on

# ------------------------------------------------------------------ the package

# shellcheck disable=SC2086
apt install $packages
both applied
after applied
# dpkg does more than to unpack them
there=$(stat -c %.3Z /usr/lib/suture/patches/replace.spm | tr -d .)
echo "figure: $(($(last applied replace) - there)) ms from the time that the file was there"
all ok new replace
expect_pages tab fixed
expect_eq "$(start_time "${bg[tab]}")" "$before" "the start of the browser"
expect_eq "$(total replace patched) $(proc navigation-origin "${bg[tab]}" state)" "20 patched" "processes"
suture list
expect_match "$(suture list)" "replace +1.0 .* applied .* 20 .*navigation-origin|navigation-origin .* applied .*replace +1.0 .* applied .* 20 " "suture list"
expect_match "$(unit_says StatusText)" "2 patches in force" "what it tells the service manager"
journal_has applied replace
expect_eq "$(jq -r '[.SUTURE_VERSION, .PRIORITY] | join(" ")' <<<"$entry")" "1.0 6" "fields of the journal"
expect_match "$(jq -r .MESSAGE <<<"$entry")" "^replace 1.0: applied; 20 processes: 20 patched$" "its message"
journal_has apply replace
expect_eq "$(jq -r '[.SUTURE_REASON, .PRIORITY] | join(" ")' <<<"$entry")" "new 5" "and of another"
# the path of what is loaded is the machine's, not the sandbox's
expect_eq "$(suture list --json | jq -r '.patches[] | select(.name == "replace") | .path')" \
	/usr/lib/suture/patches/replace.spm "the path of what is loaded"
page package

# ------------------------------------------------- it hangs, it is reloaded, it is killed

mkdir -p /run/systemd/system/sutured.service.d
printf '[Service]\nWatchdogSec=%d\n' $((5 * ${SUTURE_FACTOR:-1})) >/run/systemd/system/sutured.service.d/test.conf
systemctl daemon-reload
systemctl restart sutured
main=$(unit_says MainPID)
# longer than the watchdog allows, and it lives: so it says that it does
sleep $((12 * ${SUTURE_FACTOR:-1}))
expect_eq "$(unit_says MainPID) $(unit_says NRestarts)" "$main 0" "it keeps the watchdog content"
systemctl reload sutured
wait_for 30 eval '[ "$(unit_says ActiveState)/$(unit_says SubState)" = active/running ]'
expect_eq "$(unit_says MainPID)" "$main" "it is the same after a reload"
kill -STOP "$main"
wait_for $((30 * ${SUTURE_FACTOR:-1})) eval '[ "$(unit_says NRestarts)" = 1 ]'
wait_for 30 eval '[ "$(unit_says ActiveState)/$(unit_says SubState)" = active/running ]'
expect_no_match "$(unit_says MainPID)" "^$main$" "another one runs"
journalctl --sync
expect_match "$(journalctl -b -u sutured)" "Watchdog timeout" "the watchdog has bitten"
all ok new replace
both applied
rm -r /run/systemd/system/sutured.service.d
systemctl daemon-reload
# the module goes and comes: the sandbox lets it have the new device, too
suture auto off
suture revert --all >/dev/null
wait_for 60 rmmod suture
wait_for 30 eval '[ "$(jq .module /run/suture/sutured.json)" = false ]'
modprobe suture
wait_for 30 eval '[ "$(jq .module /run/suture/sutured.json)" = true ]'
suture auto on
suture restore navigation-origin replace
both applied
# started without the module, it gets the device when that comes
systemctl stop sutured
suture revert --all >/dev/null
suture restore navigation-origin replace
rmmod suture
systemctl mask --quiet --runtime modprobe@suture.service
systemctl start sutured
expect_eq "$(unit_says ActiveState)" active "it starts without the module"
expect_match "$(unit_says StatusText)" "suture.ko is not loaded" "and says so"
systemctl unmask --quiet --runtime modprobe@suture.service
modprobe suture
both applied
all ok new replace

# ------------------------------------------------------------------- the restart

cat >/etc/systemd/system/early.service <<-END
	[Unit]
	Description=A service that is started at boot
	[Service]
	Type=oneshot
	RemainAfterExit=yes
	Environment=LD_LIBRARY_PATH=$lib
	ExecStart=/bin/sh -c 'printf "new replace\\\\nquit\\\\n" | $T/funcs/funcs | head -n 2 | xargs >$PWD/early'
	[Install]
	WantedBy=multi-user.target
END
systemctl enable --quiet early
restart_machine
