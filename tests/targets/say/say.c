// SPDX-License-Identifier: GPL-2.0
/*
 * say SOCKET [WORD…]
 *
 * Send a line (the words, or all of standard input when there are none) to a
 * unix socket, or to a local TCP port when SOCKET is a number, and print what
 * comes back until the other side closes. Uses no library that is ever patched.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int connect_to(const char *name)
{
	struct sockaddr_un path = { .sun_family = AF_UNIX };
	struct sockaddr_in port = { .sin_family = AF_INET };
	int fd, err;

	if (strspn(name, "0123456789") == strlen(name)) {
		port.sin_port = htons(atoi(name));
		port.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		fd = socket(AF_INET, SOCK_STREAM, 0);
		err = connect(fd, (struct sockaddr *)&port, sizeof(port));
	} else {
		strncpy(path.sun_path, name, sizeof(path.sun_path) - 1);
		fd = socket(AF_UNIX, SOCK_STREAM, 0);
		err = connect(fd, (struct sockaddr *)&path, sizeof(path));
	}
	return err ? -1 : fd;
}

static int send_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		if (n < 0)
			return -1;
		data += n;
		len -= n;
	}
	return 0;
}

int main(int argc, char **argv)
{
	char buffer[4096];
	ssize_t n;
	int fd;

	if (argc < 2) {
		fprintf(stderr, "usage: say SOCKET [WORD...]\n");
		return 2;
	}
	fd = connect_to(argv[1]);
	if (fd < 0)
		goto fail;
	for (int i = 2; i < argc; i++)
		if (send_all(fd, argv[i], strlen(argv[i])) ||
		    send_all(fd, i + 1 < argc ? " " : "\n", 1))
			goto fail;
	while (argc == 2 && (n = read(STDIN_FILENO, buffer, sizeof(buffer))) > 0)
		if (send_all(fd, buffer, n))
			goto fail;

	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		if (fwrite(buffer, 1, n, stdout) != (size_t)n)
			goto fail;
	if (n == 0)
		return 0;
fail:
	fprintf(stderr, "say: %s: %s\n", argv[1], strerror(errno));
	return 1;
}
