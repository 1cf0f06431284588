internal import CSystem
import Glibc

/// The kernel's list of descriptors to watch: epoll, edge-triggered.
///
/// A descriptor is registered once, for everything; from then on the kernel speaks up when something changes. Each event carries the
/// number and the registration of a slot, so that one that was under way for an earlier user of the slot is recognised.
@safe
final class Poller {
  struct Event {
    let number: UInt32
    let registration: UInt32
    let readiness: Readiness
  }

  /// The slot number that stands for the loop's own wake-up.
  static let wakeupNumber = UInt32.max
  /// Slot numbers from here on stand for listening sockets.
  static let firstListenerNumber = UInt32.max - listenerMax
  /// The most sockets that a loop can listen on at once.
  static let listenerMax: UInt32 = 1024
  private static let room = 256

  // SAFETY: `events` has `room` elements from init to deinit; ``wait(milliseconds:)`` says how many of them are filled.
  private let events: UnsafeMutablePointer<epoll_event>
  private let descriptor: Int32
  private let wakeup: Int32

  init() throws(SystemError) {
    descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
    guard descriptor >= 0 else { throw .last }
    wakeup = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
    guard wakeup >= 0 else {
      let error = SystemError.last
      close(descriptor)
      throw error
    }
    unsafe events = .allocate(capacity: Self.room)
    unsafe events.initialize(repeating: epoll_event(), count: Self.room)
    try add(wakeup, number: Self.wakeupNumber, registration: 0)
  }

  deinit {
    unsafe events.deallocate()
    close(wakeup)
    close(descriptor)
  }

  /// Watches a descriptor until it is closed.
  func add(_ descriptor: Int32, number: UInt32, registration: UInt32) throws(SystemError) {
    var event = unsafe epoll_event()
    unsafe event.events = EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue
    unsafe event.data.u64 = UInt64(registration) << 32 | UInt64(number)
    guard unsafe epoll_ctl(self.descriptor, EPOLL_CTL_ADD, descriptor, &event) == 0 else { throw .last }
  }

  /// Watches a descriptor no more.
  func remove(_ descriptor: Int32) { _ = epoll_ctl(self.descriptor, EPOLL_CTL_DEL, descriptor, nil) }

  /// Waits for events, at most that long (-1: for ever), and gives their number.
  func wait(milliseconds: Int32) -> Int {
    // An interrupted wait counts as one without events; anything else would be a bug of the poller itself.
    let count = unsafe csystem_epoll_wait(descriptor, events, Int32(Self.room), milliseconds)
    precondition(count >= 0 || count == -EINTR, "epoll_wait failed")
    return max(0, Int(count))
  }

  /// One of the events of the last ``wait(milliseconds:)``.
  func event(at index: Int) -> Event {
    precondition(index < Self.room)
    let event = unsafe events[index]
    var readiness: Readiness = []
    if unsafe event.events & EPOLLIN.rawValue != 0 { readiness.insert(.readable) }
    if unsafe event.events & EPOLLOUT.rawValue != 0 { readiness.insert(.writable) }
    if unsafe event.events & EPOLLRDHUP.rawValue != 0 { readiness.formUnion([.readable, .peerFinished]) }
    if unsafe event.events & (EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0 {
      // A read or a write will say what it is.
      readiness.formUnion([.readable, .writable, .broken])
    }
    let data = unsafe event.data.u64
    return Event(number: UInt32(truncatingIfNeeded: data), registration: UInt32(data >> 32), readiness: readiness)
  }

  /// Ends the current or the next wait.
  ///
  /// For any thread.
  func wakeUp() { _ = eventfd_write(wakeup, 1) }

  func clearWakeUp() {
    var count: eventfd_t = 0
    unsafe _ = eventfd_read(wakeup, &count)
  }
}
