// What Swift can't reach by itself. Only declarations and static inline functions stand here, each with its reason.
#pragma once

// Not in Swift's Glibc module.
#include <malloc.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

// Declared by Glibc for _GNU_SOURCE only. That macro can't be set here: it changes other modules' view of <sys/select.h>.
extern long syscall(long, ...);
extern int accept4(int, struct sockaddr *__restrict, socklen_t *__restrict, int);
extern int sched_getaffinity(pid_t, size_t, void *);

// The calls on a request's way. Not through `recv` and `send`: those are points where a thread may be cancelled, which costs a
// process with several threads two atomic operations each time, and nobody here cancels threads. With `-errno` for -1: one crossing, and errno is read before anything can change it.
static inline long csystem_recv(int descriptor, void *bytes, size_t count) {
  long result = syscall(SYS_recvfrom, descriptor, bytes, count, 0, 0, 0);
  return result < 0 ? -errno : result;
}

// Leaves the bytes where they are.
static inline long csystem_peek(int descriptor, void *bytes, size_t count) {
  long result = syscall(SYS_recvfrom, descriptor, bytes, count, MSG_PEEK | MSG_DONTWAIT, 0, 0);
  return result < 0 ? -errno : result;
}

static inline long csystem_send(int descriptor, const void *bytes, size_t count, int more) {
  long result = syscall(SYS_sendto, descriptor, bytes, count, MSG_NOSIGNAL | (more ? MSG_MORE : 0), 0, 0);
  return result < 0 ? -errno : result;
}

static inline int csystem_accept(int descriptor, struct sockaddr_storage *peer, socklen_t *length) {
  *length = sizeof *peer;
  int result = accept4(descriptor, (struct sockaddr *)peer, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
  return result < 0 ? -errno : result;
}

// `ioctl` is variadic. SIOCOUTQ: bytes that were written and not yet taken by the peer.
#include <linux/sockios.h>
#include <sys/ioctl.h>
static inline int csystem_unsent(int descriptor) {
  int count = 0;
  return ioctl(descriptor, SIOCOUTQ, &count) < 0 ? 0 : count;
}

static inline int csystem_epoll_wait(int descriptor, struct epoll_event *events, int room, int milliseconds) {
  int result = epoll_wait(descriptor, events, room, milliseconds);
  return result < 0 ? -errno : result;
}

// `clock_gettime` with its structure on the C side: one call, nanoseconds.
static inline long long csystem_nanoseconds(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

// Swift has no such instruction: has a line of memory fetched, without waiting for it. Any address may be named.
static inline void csystem_prefetch(const void *line) { __builtin_prefetch(line, 0, 3); }

// CPU_COUNT is a macro.
static inline int csystem_usable_processors(void) {
  unsigned long mask[128] = {0};
  if (sched_getaffinity(0, sizeof mask, mask) < 0) return 1;
  int count = 0;
  for (size_t i = 0; i < sizeof mask / sizeof *mask; i++) count += __builtin_popcountl(mask[i]);
  return count > 0 ? count : 1;
}

// `prctl` is variadic.
#include <sys/prctl.h>
static inline void csystem_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

// `struct ucred` is declared for _GNU_SOURCE only. The process behind a unix socket and its user; for a socket that was connected to,
// the ones that listened. -1 where the system does not say.
static inline int csystem_peer(int descriptor, pid_t *process, uid_t *user) {
  struct { pid_t process; uid_t user; gid_t group; } peer = {0};
  socklen_t length = sizeof peer;
  if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0) return -1;
  *process = peer.process;
  *user = peer.user;
  return 0;
}
