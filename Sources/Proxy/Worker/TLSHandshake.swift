import Bytes
import HTTP
import Policy
import TLS
import Transport

/// A connection to a TLS listener, from its first byte until both sides have agreed on keys.
///
///     waiting for a place ──▶ first bytes ──▶ handshake ──▶ HTTP
///          │                      │               │
///          └──────▶ closed ◀──────┴───────────────┘
///
/// Nothing of it exists for a connection that has sent nothing: it begins when there is something to read. Confined to the worker.
final class TLSHandshake: WaitHandler, GatedHandshake {
  private let worker: WorkerContext
  private let listener: ListenerTag
  private let server: ServerTLS
  private let deadline: MonotonicTime
  private var channel: Cell<Channel>
  private var stage = Stage.waiting

  private enum Stage {
    /// The gate has no place yet.
    case waiting
    /// The gate has given a place.
    case admitted
    case shaking
    /// The gate has taken the place back.
    case evicted
    case ended
  }

  /// As much as a ClientHello needs, in bytes; more is read by the session.
  private static let firstRead = 4096

  /// The first byte of a record with a message of a handshake (RFC 8446 §5.1).
  static let handshakeRecord: UInt8 = 22

  init(_ channel: consuming Channel, server: ServerTLS, listener: ListenerTag, worker: WorkerContext) {
    self.worker = worker
    self.listener = listener
    self.server = server
    self.channel = Cell(channel)
    deadline = worker.loop.now.advanced(byNanoseconds: worker.snapshot.shared.timeouts.handshake)
    super.init()
  }

  /// Begins, or waits for a place.
  func start() {
    worker.handshakes.ask(self)
    if stage == .waiting { wait(for: channel.value.finished) } else { begin() }
  }

  // MARK: For the gate

  func enter() {
    stage = .admitted
    worker.loop.interrupt(channel.value.id)
  }

  func giveUp() {
    stage = .evicted
    worker.loop.interrupt(channel.value.id)
  }

  // MARK: Steps

  override func didWake(_ wake: Wake) {
    switch stage {
    case .waiting, .evicted: close(because: nil)
    case .admitted: wake == .ready ? begin() : close(because: nil)
    case .shaking: goOn(wake)
    case .ended: break
    }
  }

  /// Looks at the first bytes, and begins the handshake if they are of one.
  private func begin() {
    var early = ByteBuffer(from: worker.buffers)
    early.reserve(Self.firstRead)
    switch channel.value.receive(into: &early) {
    case .bytes: break
    case .wouldBlock:
      // The kernel spoke of bytes that are not there: the connection is as quiet as before.
      end()
      return worker.park(channel.take(), listener: listener)
    case .endOfStream, .failed: return close(because: nil)
    }
    let first = early.readable[0]
    guard first == Self.handshakeRecord else {
      return ASCII.isAlpha(first) ? answerInClear() : close(because: nil)
    }
    do throws(TLSError) {
      channel.value.begin(try TLSFilter(server: server, early: early))
    } catch {
      return close(because: error)
    }
    stage = .shaking
    goOn(.ready)
  }

  private func goOn(_ wake: Wake) {
    guard wake == .ready else { return close(because: .timedOut) }
    guard let filter = channel.value.filter as? TLSFilter else { return close(because: nil) }
    if let failure = filter.failure { return close(because: failure) }
    guard filter.isEstablished else { return wait(for: channel.value.writable) }
    end()
    HTTP1ServerConnection(channel.take(), listener: listener, worker: worker).start()
  }

  private func wait(for interest: Interest) {
    guard !worker.loop.wait(for: interest, until: deadline, then: self) else { return }
    // It has happened already: the next turn sees to it.
    worker.loop.nextTurn(then: self)
  }

  // MARK: Ends

  private func end() {
    stage = .ended
    worker.handshakes.leave(self)
  }

  /// Tells a client that speaks HTTP in clear that this is not the place for it.
  private func answerInClear() {
    end()
    HTTP1ServerConnection(channel.take(), listener: listener, worker: worker).refuse(.tlsRequired)
  }

  private func close(because error: TLSError?) {
    end()
    if let error { worker.noteFailedHandshake(error, from: channel.value.peerAddress) }
    let id = channel.value.id
    channel.clear()
    worker.closed(id, listener: listener)
  }
}
