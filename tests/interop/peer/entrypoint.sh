#!/bin/bash
# The peer: wg0 by wireguard-go, 10.99.0.1/24, 10.99.0.3 and fd99::1/64, UDP port 51820; the client is 10.99.0.2 and fd99::2.
# Keys are made once and kept in /keys, so that a killed container comes back as the same peer.
#   WITH_PSK=1        the client shares a preshared key with us
#   ENDPOINT=IP:PORT  where the client listens, for tests in which we speak first
set -euo pipefail
umask 077

mkdir -p /keys /run/wireguard
if [ ! -s /keys/done ]; then
    for who in peer client; do
        wg genkey >"/keys/$who.key"
        wg pubkey <"/keys/$who.key" >"/keys/$who.pub"
    done
    wg genpsk >/keys/psk
    echo done >/keys/done
fi

rm -f /run/wireguard/wg0.sock
LOG_LEVEL=verbose wireguard-go -f wg0 &
until [ -S /run/wireguard/wg0.sock ]; do sleep 0.02; done

wg set wg0 listen-port 51820 private-key /keys/peer.key \
    peer "$(cat /keys/client.pub)" allowed-ips 10.99.0.2/32,fd99::2/128 \
    ${WITH_PSK:+preshared-key /keys/psk} ${ENDPOINT:+endpoint "$ENDPOINT" persistent-keepalive 1}
ip address add 10.99.0.1/24 dev wg0
ip address add 10.99.0.3/32 dev wg0
ip address add fd99::1/64 dev wg0 nodad
ip link set wg0 up

# HTTP on 80: a page, and 100 MB (10^8 bytes) that do not compress, the same in every container
umask 022
mkdir -p /srv/www
echo "Hello from the other side of the tunnel" >/srv/www/index.html
[ -s /srv/www/100mb ] || openssl enc -aes-128-ctr -nosalt -K 0 -iv 0 -in /dev/zero 2>/dev/null \
    | head -c 100000000 >/srv/www/100mb || true
nginx &

# :7 echoes; :9 answers the SHA-256 of what it got; :10 waits for the client's end and then sends 10 MB;
# :19 sends zeroes for ever.
# -t: the seconds socat keeps one direction after the other has ended
listen() { socat -t 60 "TCP6-LISTEN:$1,fork,reuseaddr,ipv6only=0,backlog=512" "$2" & }
listen 7 EXEC:cat
listen 9 'SYSTEM:sha256sum'
listen 10 'SYSTEM:cat >/dev/null; head -c 10000000 /srv/www/100mb'
listen 19 'EXEC:cat /dev/zero'

# ssh for who has /keys/ssh
[ -s /keys/ssh ] || ssh-keygen -q -t ed25519 -N "" -f /keys/ssh
mkdir -p /run/sshd
install -D --mode 600 /keys/ssh.pub /root/.ssh/authorized_keys
/usr/sbin/sshd -D -e &

# UDP :7 echoes; :17 answers the address that was asked
socat -b 65536 UDP6-RECVFROM:7,fork,ipv6only=0 EXEC:cat &
for address in 10.99.0.1 10.99.0.3; do socat "UDP4-RECVFROM:17,bind=$address,fork" SYSTEM:"head -c 1 >/dev/null; echo $address" & done
iperf3 --server --port 5201 >/dev/null &
# DNS, by UDP and TCP; what long.onetun.test says is too long for UDP
long=$(printf ',%0200d' {1..10})
dnsmasq --keep-in-foreground --conf-file=/dev/null --user=root --no-resolv --no-hosts \
    --listen-address=10.99.0.1,fd99::1 --bind-interfaces \
    --host-record=web.onetun.test,10.99.0.1,fd99::1 --txt-record="long.onetun.test$long" &

for port in 22 80 7 9 10 19 53 5201; do
    until [ -n "$(ss --no-header --listening --numeric --tcp "sport = :$port")" ]; do sleep 0.02; done
done
for port in 7 17 53; do
    until [ -n "$(ss --no-header --numeric --udp --all "sport = :$port")" ]; do sleep 0.02; done
done
echo "The peer is ready"
wait -n
echo "A server of the peer ended: $?"
