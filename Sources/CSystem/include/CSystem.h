// What Swift can't import from Glibc by itself: headers outside its module map, variadic functions and macros.
// Only static inline functions stand here, each with the reason for it.
#pragma once

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>

