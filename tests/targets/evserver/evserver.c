// SPDX-License-Identifier: GPL-2.0
/*
 * evserver [-t WORKERS] [PORT]
 *
 * An HTTP server on 127.0.0.1 with libevent (PORT 0 or none: any; it is printed
 * as "port=N"). Each worker thread has an event loop of its own.
 *
 *	GET /greet?name=NAME	answers with the header X-Greeting: NAME; 400 where
 *				libevent refuses to add that header
 *	GET /stats		requests=N eintr=N early=N
 *	GET /quit
 */
#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define WORKERS_MAX 16

static atomic_ulong requests, eintr, early;
static int listener = -1;

/*
 * libevent's own call of epoll_wait comes here, since a program's symbols come
 * first: it counts what libevent would swallow.
 */
int epoll_wait(int fd, struct epoll_event *events, int max, int timeout_ms)
{
	int n = syscall(SYS_epoll_wait, fd, events, max, timeout_ms);

	if (n < 0 && errno == EINTR)
		atomic_fetch_add(&eintr, 1);
	else if (!n && timeout_ms < 0)
		atomic_fetch_add(&early, 1);
	return n;
}

static void reply(struct evhttp_request *request, int code, const char *reason, const char *text)
{
	struct evbuffer *body = evbuffer_new();

	if (body)
		evbuffer_add(body, text, strlen(text));
	evhttp_send_reply(request, code, reason, body);
	if (body)
		evbuffer_free(body);
}

static void greet(struct evhttp_request *request, void *data)
{
	const char *query = evhttp_uri_get_query(evhttp_request_get_evhttp_uri(request));
	struct evkeyvalq arguments;
	const char *name;

	(void)data;
	atomic_fetch_add(&requests, 1);
	if (!query || evhttp_parse_query_str(query, &arguments)) {
		reply(request, HTTP_BADREQUEST, "Bad Request", "no query\n");
		return;
	}
	name = evhttp_find_header(&arguments, "name");
	if (name && !evhttp_add_header(evhttp_request_get_output_headers(request), "X-Greeting",
				       name))
		reply(request, HTTP_OK, "OK", "hello\n");
	else
		reply(request, HTTP_BADREQUEST, "Bad Request", "header refused\n");
	evhttp_clear_headers(&arguments);
}

static void stats(struct evhttp_request *request, void *data)
{
	char text[128];

	(void)data;
	snprintf(text, sizeof(text), "requests=%lu eintr=%lu early=%lu\n", atomic_load(&requests),
		 atomic_load(&eintr), atomic_load(&early));
	reply(request, HTTP_OK, "OK", text);
}

static void quit(struct evhttp_request *request, void *data)
{
	(void)request;
	(void)data;
	_exit(EXIT_SUCCESS);
}

static void *worker(void *data)
{
	struct event_base *base = event_base_new();
	struct evhttp *http = base ? evhttp_new(base) : NULL;

	(void)data;
	if (!http || evhttp_accept_socket(http, listener)) {
		fprintf(stderr, "evserver: libevent does not start\n");
		exit(EXIT_FAILURE);
	}
	evhttp_set_cb(http, "/greet", greet, NULL);
	evhttp_set_cb(http, "/stats", stats, NULL);
	evhttp_set_cb(http, "/quit", quit, NULL);
	event_base_dispatch(base);
	return NULL;
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);
	int workers = 2, opt, one = 1;

	while ((opt = getopt(argc, argv, "t:")) == 't')
		workers = atoi(optarg);
	if (opt != -1 || argc - optind > 1 || workers < 1 || workers > WORKERS_MAX) {
		fprintf(stderr, "usage: evserver [-t WORKERS (1..%d)] [PORT]\n", WORKERS_MAX);
		return 2;
	}
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address.sin_port = htons(optind < argc ? atoi(argv[optind]) : 0);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof(address)) ||
	    listen(listener, 64) || getsockname(listener, (struct sockaddr *)&address, &len)) {
		perror("evserver: 127.0.0.1");
		return EXIT_FAILURE;
	}
	printf("port=%d\n", ntohs(address.sin_port));
	fflush(stdout);

	for (int i = 1; i < workers; i++) {
		pthread_t thread;
		int err = pthread_create(&thread, NULL, worker, NULL);

		if (err) {
			fprintf(stderr, "evserver: thread: %s\n", strerror(err));
			return EXIT_FAILURE;
		}
	}
	worker(NULL);
	return EXIT_SUCCESS;
}
