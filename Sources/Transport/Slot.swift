import Bytes

/// The loop's knowledge of one channel.
///
/// Never moves; the registration number tells its users apart.
@unsafe
struct Slot: BitwiseCopyable {
  /// Its use and make-up.
  struct Traits: OptionSet, BitwiseCopyable {
    let rawValue: UInt8
    /// Parked as a connection that may be taken again: its events come before those that could make a request take it.
    static let keepsIdle = Traits(rawValue: 1)
    /// `filter` is there.
    static let isFiltered = Traits(rawValue: 2)
  }

  // What each event touches comes first: 64 bytes of it.

  /// First, so that the wheel's node and the slot have one address.
  var timer = unsafe TimerNode(owner: .slot)
  /// The events that hold, as the channel's users see them.
  var readiness: Readiness = []
  var traits: Traits = []
  /// The events that the wait in `breakWait` is for.
  var breakEvents: Readiness = []
  /// The events that were raised and not delivered yet.
  var raised: Readiness = []
  var readWait: UnsafeMutablePointer<WaitRecord>?
  var breakWait: UnsafeMutablePointer<WaitRecord>?
  /// Counts the users of this slot; an event or a handle of an earlier one is recognised by it.
  var registration: UInt32 = 0
  var descriptor: Int32 = -1
  /// The keeper that is told when something happens to the descriptor while it is parked; -1 while it isn't.
  var keeper: Int32 = -1
  let number: UInt32

  /// Bytes to be written when the turn ends, or when there is room again.
  var outgoing: ByteBuffer.Memory?
  var writeWait: UnsafeMutablePointer<WaitRecord>?
  /// The keeper's own word about the socket.
  var tag: UInt64 = 0
  /// The time at which it was parked, in nanoseconds of the monotonic clock.
  var parkedAt: Int64 = 0
  /// The peer of an accepted socket, as the kernel said when it was accepted: later it may have forgotten.
  var peer = PeerBits.unknown
  /// Retained while the slot is in use; nil where the channel is in clear.
  var filter: Unmanaged<FilterBox>?
  /// The kernel's events below a filter.
  var lowerReadiness: Readiness = []

  init(number: UInt32) { unsafe self.number = number }

  /// Parked as a connection that may be taken again.
  var isIdle: Bool { unsafe keeper >= 0 && traits.contains(.keepsIdle) }
}

/// An address in a form that fits into a slot.
struct PeerBits: BitwiseCopyable {
  enum Kind: UInt8 { case unknown, ipv4, ipv6, unix }

  let high: UInt64
  let low: UInt64
  let scope: UInt32
  let port: UInt16
  let kind: Kind

  static let unknown = PeerBits(high: 0, low: 0, scope: 0, port: 0, kind: .unknown)

  private init(high: UInt64, low: UInt64, scope: UInt32, port: UInt16, kind: Kind) {
    self.high = high
    self.low = low
    self.scope = scope
    self.port = port
    self.kind = kind
  }

  init(_ address: SocketAddress?) {
    switch address {
    case .ipv4(let bits, let port): self.init(high: 0, low: UInt64(bits), scope: 0, port: port, kind: .ipv4)
    case .ipv6(let high, let low, let port, let scope):
      self.init(high: high, low: low, scope: scope, port: port, kind: .ipv6)
    case .unix: self.init(high: 0, low: 0, scope: 0, port: 0, kind: .unix)
    case nil: self = .unknown
    }
  }

  var address: SocketAddress? {
    switch kind {
    case .unknown: nil
    case .ipv4: .ipv4(UInt32(truncatingIfNeeded: low), port: port)
    case .ipv6: .ipv6(high: high, low: low, port: port, scope: scope)
    case .unix: .unix(path: "")
    }
  }
}

/// The wait of a task or of a ``WaitHandler`` for the first of up to three events and a deadline.
///
/// The first one clears all the others.
@unsafe
struct WaitRecord: BitwiseCopyable {
  /// First, so that the wheel's node and the record have one address.
  var timer = unsafe TimerNode(owner: .wait)
  /// Is called instead of a task's being resumed; retained until then.
  var handler: Unmanaged<WaitHandler>?
  var first: Interest?
  var continuation: UnsafeContinuation<Wake, Never>?
  var second: Interest?
  var third: Interest?
}

/// The reason for which a wait has ended.
public enum Wake: Sendable {
  /// At least one of the events has happened: try again what would have blocked.
  case ready
  /// The deadline came first.
  case timedOut
}

/// An event that a task can wait for: made from a socket, used at once.
@safe
@usableFromInline
package struct Interest: BitwiseCopyable {
  // SAFETY: slots live as long as the loop; `registration` is compared before the slot is touched.
  let slot: UnsafeMutablePointer<Slot>
  let registration: UInt32
  /// One of `readable` and `writable`, or else some of the ways to end.
  let event: Readiness
}

extension UnsafeMutablePointer<Slot> {
  /// Stands for a connection that was taken out of its socket.
  // SAFETY: never read or written; well aligned, and no address that memory is allocated at.
  static var noSlot: Self { unsafe Self(bitPattern: 64).unsafelyUnwrapped }
}
