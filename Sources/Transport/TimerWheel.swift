/// A link in the timer wheel: part of whatever can have a deadline, so that setting and clearing one allocates nothing.
@unsafe
struct TimerNode: BitwiseCopyable {
  enum Owner: UInt8 { case wait, slot }

  var previous: UnsafeMutablePointer<TimerNode>?
  var next: UnsafeMutablePointer<TimerNode>?
  /// In nanoseconds of the monotonic clock.
  var deadline: Int64 = .max
  /// The list that the node is in; -1 for none.
  var bucket: Int32 = -1
  /// The value that the node is the first member of.
  let owner: Owner

  init(owner: Owner) { unsafe self.owner = owner }
}

/// Deadlines, hashed by time into buckets: to set, to clear and to expire one costs some nanoseconds whatever their number.
///
/// Most deadlines are cleared long before they come, and most of those are followed by a later one in the same node. So a node that
/// has been cleared, or set to a later time, stays where it is until its bucket's turn: then it is let go, or moved to where it
/// belongs by then. To take it out at once would mean to write to its neighbours, which nobody else has touched for a while.
///
/// Invariants:
/// 1. A node with `bucket` ≥ 0 is in exactly that bucket's list; its neighbours point back at it.
/// 2. A bucket's bit in `occupied` is set exactly if its list isn't empty.
/// 3. A node that has a deadline is in a bucket that is looked at not later than the deadline's own.
/// 4. No node expires before its deadline, and each expires at most a tick after it when ``advance(to:)`` is called in time: the
///    bucket is the deadline's tick rounded *up*.
/// 5. Buckets up to `position` have been looked at. A node further away than one rotation stays where it is until its round comes.
@safe
struct TimerWheel: ~Copyable {
  /// A tick is 2^24 ns, 16.8 ms; a rotation of 4,096 ticks 68.7 s.
  static var tickShift: Int64 { 24 }
  static var bucketCount: Int { 4096 }
  /// The list of what has expired and waits to be handed out.
  private static var expired: Int { bucketCount }

  // SAFETY: bucketCount + 1 list heads, and one bit for each bucket; nodes are slab memory that outlives the wheel's use of it.
  private let heads: UnsafeMutablePointer<UnsafeMutablePointer<TimerNode>?>
  private let occupied: UnsafeMutablePointer<UInt64>
  private var position: Int64
  /// The number of nodes in lists, those among them that have no deadline any more.
  private(set) var count = 0

  init(now: MonotonicTime) {
    unsafe heads = .allocate(capacity: Self.bucketCount + 1)
    unsafe heads.initialize(repeating: nil, count: Self.bucketCount + 1)
    unsafe occupied = .allocate(capacity: Self.bucketCount / 64)
    unsafe occupied.initialize(repeating: 0, count: Self.bucketCount / 64)
    position = now.nanoseconds >> Self.tickShift
  }

  deinit {
    unsafe heads.deallocate()
    unsafe occupied.deallocate()
  }

  /// Sets a node's deadline; `.never` is none.
  mutating func set(_ node: UnsafeMutablePointer<TimerNode>, deadline: MonotonicTime) {
    unsafe node.pointee.deadline = deadline.nanoseconds
    let bucket = unsafe Int(node.pointee.bucket)
    if bucket >= 0 {
      if bucket < Self.bucketCount, deadline == .never || nextLook(at: bucket) <= tick(of: deadline.nanoseconds) {
        return
      }
      unsafe unlink(node)
    }
    if deadline != .never { unsafe link(node, into: self.bucket(of: deadline.nanoseconds)) }
  }

  /// Takes a node's deadline away, if it has one.
  mutating func clear(_ node: UnsafeMutablePointer<TimerNode>) {
    unsafe node.pointee.deadline = .max
    // What is about to be handed out must not be.
    if unsafe Int(node.pointee.bucket) == Self.expired { unsafe unlink(node) }
  }

  /// The tick at which a deadline expires.
  private func tick(of deadline: Int64) -> Int64 {
    // The last tick is clamped so that rounding up can't overflow.
    let rounded = (min(deadline, .max - (1 << Self.tickShift)) + (1 << Self.tickShift) - 1) >> Self.tickShift
    return max(rounded, position + 1)
  }

  private func bucket(of deadline: Int64) -> Int { Int(tick(of: deadline) & Int64(Self.bucketCount - 1)) }

  /// The tick at which that bucket is looked at next.
  private func nextLook(at bucket: Int) -> Int64 {
    position + 1 + (Int64(bucket) - (position + 1)) & Int64(Self.bucketCount - 1)
  }

  /// Sets aside all nodes whose deadline has come, for ``popExpired()``.
  mutating func advance(to now: MonotonicTime) {
    let tick = now.nanoseconds >> Self.tickShift
    guard tick > position else { return }
    let first = max(position + 1, tick - Int64(Self.bucketCount) + 1)
    position = tick
    guard count > 0 else { return }
    for passed in first...tick {
      let bucket = Int(passed & Int64(Self.bucketCount - 1))
      var next = unsafe heads[bucket]
      while let node = unsafe next {
        unsafe next = node.pointee.next
        let deadline = unsafe node.pointee.deadline
        unsafe unlink(node)
        if deadline <= now.nanoseconds {
          unsafe link(node, into: Self.expired)
        } else if deadline != .max {
          unsafe link(node, into: self.bucket(of: deadline))
        }
      }
    }
  }

  /// One of the nodes that ``advance(to:)`` has set aside, taken out of the wheel; nil when there is none left.
  mutating func popExpired() -> UnsafeMutablePointer<TimerNode>? {
    guard let node = unsafe heads[Self.expired] else { return nil }
    unsafe unlink(node)
    return unsafe node
  }

  /// The time for which there is certainly nothing to do, in whole milliseconds rounded up; nil if no node is in a list.
  func millisecondsToNext(from now: MonotonicTime) -> Int32? {
    guard count > 0 else { return nil }
    if unsafe heads[Self.expired] != nil { return 0 }
    let start = Int((position + 1) & Int64(Self.bucketCount - 1))
    for step in 0...(Self.bucketCount / 64) {
      let word = (start / 64 + step) % (Self.bucketCount / 64)
      var bits = unsafe occupied[word]
      if step == 0 { bits &= ~0 << UInt64(start % 64) }
      if step == Self.bucketCount / 64 { bits &= (1 << UInt64(start % 64)) - 1 }
      guard bits != 0 else { continue }
      let bucket = word * 64 + bits.trailingZeroBitCount
      let distance = (bucket - start + Self.bucketCount) % Self.bucketCount
      let due = (position + 1 + Int64(distance)) << Self.tickShift
      return Int32(clamping: max(0, (due - now.nanoseconds + 999_999) / 1_000_000))
    }
    return nil
  }

  private mutating func unlink(_ node: UnsafeMutablePointer<TimerNode>) {
    let bucket = unsafe Int(node.pointee.bucket)
    let previous = unsafe node.pointee.previous
    let next = unsafe node.pointee.next
    if let previous = unsafe previous { unsafe previous.pointee.next = next } else { unsafe heads[bucket] = next }
    if let next = unsafe next { unsafe next.pointee.previous = previous }
    if unsafe heads[bucket] == nil && bucket < Self.bucketCount {
      unsafe occupied[bucket / 64] &= ~(1 << UInt64(bucket % 64))
    }
    unsafe node.pointee.previous = nil
    unsafe node.pointee.next = nil
    unsafe node.pointee.bucket = -1
    count -= 1
  }

  private mutating func link(_ node: UnsafeMutablePointer<TimerNode>, into bucket: Int) {
    let head = unsafe heads[bucket]
    unsafe node.pointee.previous = nil
    unsafe node.pointee.next = head
    unsafe node.pointee.bucket = Int32(truncatingIfNeeded: bucket)
    if let head = unsafe head { unsafe head.pointee.previous = node }
    unsafe heads[bucket] = node
    if bucket < Self.bucketCount { unsafe occupied[bucket / 64] |= 1 << UInt64(bucket % 64) }
    count += 1
  }
}
