/* The upstream of the benchmark: one thread, epoll, keep-alive, as little work as possible, so that what is measured is the proxy.
 *
 *   upstream PORT       on 127.0.0.1; GET or POST of /SIZE answers with SIZE bytes (16 MiB at most), anything else with 100
 *
 * It understands requests as proxies write them: a head, and a body with Content-Length or chunked, which it throws away. */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { INPUT = 65536, LARGEST = 16 << 20 };

enum { READS_HEAD, READS_BODY, READS_CHUNKS, WRITES };

struct connection {
  int descriptor, state, waits_for_output, head_length;
  size_t held, unread, size, sent;
  char head[96], input[INPUT + 1];
};

static char *filler;
static int poller;

static void end(struct connection *c) {
  close(c->descriptor);
  free(c);
}

static void skip(struct connection *c, size_t count) {
  c->held -= count;
  memmove(c->input, c->input + count, c->held);
}

static void begin_answer(struct connection *c) {
  c->head_length = snprintf(c->head, sizeof c->head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", c->size);
  c->sent = 0;
  c->state = WRITES;
}

/* 1: a head was read; 0: more is needed. */
static int read_head(struct connection *c) {
  c->input[c->held] = 0;
  char *last = strstr(c->input, "\r\n\r\n");
  if (!last) return 0;
  last[2] = 0;
  char *path = strchr(c->input, '/'), *length = strcasestr(c->input, "\r\ncontent-length:");
  char *digits = path ? path + 1 : NULL;
  c->size = digits && *digits >= '0' && *digits <= '9' ? strtoul(digits, NULL, 10) : 100;
  if (c->size > LARGEST) c->size = LARGEST;
  c->unread = length ? strtoul(length + 17, NULL, 10) : 0;
  c->state = strcasestr(c->input, "\r\ntransfer-encoding:") ? READS_CHUNKS : READS_BODY;
  skip(c, (size_t)(last - c->input) + 4);
  return 1;
}

/* -1: to be closed; 0: waits for an event. */
static int work(struct connection *c) {
  for (;;) {
    if (c->state == READS_HEAD) {
      if (c->held == 0) return 0;
      if (!read_head(c)) return c->held == INPUT ? -1 : 0;
    } else if (c->state == READS_BODY) {
      size_t count = c->held < c->unread ? c->held : c->unread;
      skip(c, count);
      if (c->unread -= count) return 0;
      begin_answer(c);
    } else if (c->state == READS_CHUNKS) {
      char *end_of_line = memmem(c->input, c->held, "\r\n", 2);
      if (!end_of_line) return c->held == INPUT ? -1 : 0;
      size_t size = strtoul(c->input, NULL, 16), whole = (size_t)(end_of_line - c->input) + 2 + size + 2;
      if (whole > INPUT) return -1;
      if (c->held < whole) return 0;
      skip(c, whole);
      if (size == 0) begin_answer(c);
    } else {
      while (c->sent < (size_t)c->head_length + c->size) {
        size_t of_head = c->sent < (size_t)c->head_length ? (size_t)c->head_length - c->sent : 0;
        size_t of_body = of_head ? 0 : c->sent - (size_t)c->head_length;
        struct iovec parts[2] = {{c->head + (c->head_length - of_head), of_head}, {filler + of_body, c->size - of_body}};
        ssize_t count = writev(c->descriptor, parts, 2);
        if (count < 0 && errno != EAGAIN) return -1;
        if (count < 0) {
          c->waits_for_output = 1;
          struct epoll_event event = {.events = EPOLLOUT, .data.ptr = c};
          return epoll_ctl(poller, EPOLL_CTL_MOD, c->descriptor, &event);
        }
        c->sent += (size_t)count;
      }
      c->state = READS_HEAD;
      if (c->waits_for_output) {
        c->waits_for_output = 0;
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
        epoll_ctl(poller, EPOLL_CTL_MOD, c->descriptor, &event);
      }
    }
  }
}

static void take(int listener) {
  int descriptor, on = 1;
  while ((descriptor = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct connection *c = calloc(1, sizeof *c);
    c->descriptor = descriptor;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    epoll_ctl(poller, EPOLL_CTL_ADD, descriptor, &event);
  }
}

int main(int count, char **arguments) {
  if (count != 2) {
    fprintf(stderr, "usage: upstream PORT\n");
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  filler = malloc(LARGEST);
  memset(filler, 'x', LARGEST);
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(arguments[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 4096)) {
    perror("upstream");
    return 1;
  }
  poller = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}, events[256];
  epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
  for (;;) {
    int ready = epoll_wait(poller, events, 256, -1);
    for (int i = 0; i < ready; i++) {
      struct connection *c = events[i].data.ptr;
      if (!c) {
        take(listener);
        continue;
      }
      if (c->state != WRITES) {
        ssize_t got = read(c->descriptor, c->input + c->held, INPUT - c->held);
        if (got == 0 || (got < 0 && errno != EAGAIN)) {
          end(c);
          continue;
        }
        if (got > 0) c->held += (size_t)got;
      }
      if (work(c) < 0) end(c);
    }
  }
}
