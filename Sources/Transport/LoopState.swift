/// The state of a loop that only its thread touches.
@safe
struct LoopState: ~Copyable {
  var slots = unsafe Slab<Slot> { unsafe Slot(number: $0) }
  var waits = unsafe Slab<WaitRecord> { _ in unsafe WaitRecord() }
  var wheel: TimerWheel
  /// By number; nil for one that has left.
  var keepers: [(any ChannelKeeper)?] = []
  var listeners: [LoopListener] = []
  var reserve = ReserveDescriptor()
  /// Counts the listeners there have been.
  var listenerRegistration: UInt32 = 0
  var timers: [RepeatingTimer] = []
  /// Waits that end with the next turn.
  var turnTakers: [UnsafeMutablePointer<WaitRecord>] = unsafe []

  /// Channels whose events were raised and are delivered when the turn ends.
  var raised: [ChannelID] = []
  /// Sockets with bytes to be written when the turn ends.
  var flushes: [UnsafeMutablePointer<Slot>] = unsafe []

  /// Jobs that became ready while another one was running, from `nestedStart` on.
  var nested: [UnownedJob] = []
  var nestedStart = 0
  /// Handlers whose waits ended while a job was running, from `wokenStart` on.
  var woken: [(handler: WaitHandler, wake: Wake)] = []
  var wokenStart = 0
  var isRunningJob = false
  var isStopped = false

  struct RepeatingTimer {
    let interval: Int64
    var due: Int64
    let call: () -> Void
  }

  init(now: MonotonicTime) { wheel = TimerWheel(now: now) }

  deinit {
    for number in unsafe 0..<waits.totalCount { unsafe waits.element(at: number)?.pointee.handler?.release() }
  }
}

/// The time of a turn of the loop, by both clocks.
@usableFromInline
struct TurnTime {
  @usableFromInline var now: MonotonicTime
  /// In seconds since 1970.
  @usableFromInline var unixTime: Double
}
