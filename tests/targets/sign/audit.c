// SPDX-License-Identifier: GPL-2.0
/*
 * audit on|off: the kernel's auditing. Without a daemon that listens, its records go to the
 * kernel's log.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct {
		struct nlmsghdr head;
		struct audit_status status;
	} ask = {
		.head = {
			.nlmsg_len = sizeof(ask), .nlmsg_type = AUDIT_SET,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
		},
		.status.mask = AUDIT_STATUS_ENABLED,
	};
	struct {
		struct nlmsghdr head;
		struct nlmsgerr error;
	} answer;
	int fd;

	if (argc != 2)
		return 2;
	ask.status.enabled = !strcmp(argv[1], "on");
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);
	if (fd < 0 || send(fd, &ask, sizeof(ask), 0) != sizeof(ask) ||
	    recv(fd, &answer, sizeof(answer), 0) < (ssize_t)sizeof(answer)) {
		perror("audit");
		return 1;
	}
	if (answer.head.nlmsg_type != NLMSG_ERROR || answer.error.error) {
		fprintf(stderr, "audit: %s\n", strerror(-answer.error.error));
		return 1;
	}
	close(fd);
	return 0;
}
