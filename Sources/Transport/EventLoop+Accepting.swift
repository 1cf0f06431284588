import Bytes
internal import CSystem
import Glibc

/// Receives the connections of a loop's listening sockets.
///
/// Confined to the loop's thread.
package protocol Acceptor: AnyObject {
  /// True if one more connection is welcome.
  var isAccepting: Bool { get }

  /// Lets go of what can be spared, so that one more connection is welcome or has a descriptor.
  ///
  /// - Parameter forDescriptor: whether descriptors are wanting, so that it matters not what they are used for.
  /// - Returns: whether there was anything. If not, connections wait in the kernel's backlog, or are refused if it is descriptors that
  ///   are wanting.
  func makeRoom(forDescriptor: Bool) -> Bool

  /// The bytes for clients that can't be received for want of a descriptor, before their connection is closed.
  var refusal: [UInt8] { get }

  /// A new connection.
  ///
  /// - Parameter listener: the number given to ``EventLoop/listen(on:for:listener:)``.
  func accepted(_ socket: consuming Channel, listener: Int)

  /// A connection couldn't be accepted; the loop goes on trying.
  func acceptFailed(_ error: SystemError)
}

/// A listening socket as its loop sees it.
struct LoopListener {
  let socket: ListeningSocket
  let acceptor: any Acceptor
  let number: Int
  /// The poller's number for the listener, and the count of the users of that number.
  let place: UInt32
  let registration: UInt32
  /// Connections may be waiting that the kernel won't speak of again.
  var isPending = false
  var retryAt = MonotonicTime.never

  /// True if a batch was cut short by its size, not by an acceptor or an error that asks for a pause.
  func mayHaveMore(at now: MonotonicTime) -> Bool { isPending && retryAt <= now }
}

extension EventLoop {
  /// The number of connections that are accepted before other events get their turn.
  private static var acceptBatch: Int { 64 }
  /// The time for which the backlog is left alone after an error, in nanoseconds.
  private static var acceptPause: Int64 { 100_000_000 }

  /// Accepts connections from now on.
  ///
  /// - Parameter number: whatever the acceptor knows the socket by.
  /// - Throws: when the kernel can't watch the socket.
  package func listen(on socket: ListeningSocket, for acceptor: any Acceptor, listener number: Int) throws(SystemError)
  {
    let places = state.value.listeners.map(\.place)
    guard let place = (0..<Poller.listenerMax).first(where: { !places.contains($0) }) else {
      throw SystemError(code: EMFILE)
    }
    state.value.reserve.restore()
    state.value.listenerRegistration &+= 1
    let registration = state.value.listenerRegistration
    try poller.add(socket.descriptor, number: Poller.firstListenerNumber &+ place, registration: registration)
    state.value.listeners.append(
      LoopListener(socket: socket, acceptor: acceptor, number: number, place: place, registration: registration))
  }

  /// Accepts what has arrived already at the listeners with such a number, then no more: their sockets are let go.
  package func stopListening(where isStopped: (Int) -> Bool) {
    for index in state.value.listeners.indices.reversed() where isStopped(state.value.listeners[index].number) {
      // What the kernel has completed would be reset with the socket.
      repeat { acceptPending(index) } while state.value.listeners[index].mayHaveMore(at: now)
      poller.remove(state.value.listeners[index].socket.descriptor)
      state.value.listeners.remove(at: index)
    }
  }

  /// Lets all listening sockets go, whatever waits there.
  package func dropListeners() {
    for listener in state.value.listeners { poller.remove(listener.socket.descriptor) }
    state.value.listeners.removeAll()
  }

  /// The kernel says that connections wait.
  func acceptPending(place: UInt32, registration: UInt32) {
    let index = state.value.listeners.firstIndex { $0.place == place && $0.registration == registration }
    if let index { acceptPending(index) }
  }

  /// Takes what waits in the backlog of a listener, a batch at a time.
  func acceptPending(_ index: Int) {
    guard index < state.value.listeners.count else { return }
    let listener = state.value.listeners[index]
    state.value.listeners[index].isPending = true
    state.value.listeners[index].retryAt = now
    for _ in 0..<Self.acceptBatch {
      guard listener.acceptor.isAccepting || isRoomMade(by: listener, forDescriptor: false) else {
        return pause(index)
      }
      var storage = sockaddr_storage()
      var length = socklen_t(0)
      let descriptor = unsafe csystem_accept(listener.socket.descriptor, &storage, &length)
      switch -descriptor {
      case EAGAIN:
        state.value.listeners[index].isPending = false
        return
      case EINTR, ECONNABORTED:
        continue
      case 1...:
        let error = SystemError(code: -descriptor)
        // Where there is no descriptor the kernel says so even if nobody waits for one.
        guard !error.isDescriptorShortage || listener.socket.hasWaiting else { return pause(index) }
        asJob { listener.acceptor.acceptFailed(error) }
        guard error.isDescriptorShortage, isRoomMade(by: listener, forDescriptor: true) || refuseOne(of: listener)
        else {
          return pause(index)
        }
      default:
        asJob {
          do throws(SystemError) {
            let peer = PeerBits(SocketAddress(storage, length: length))
            listener.acceptor.accepted(
              try adopt(descriptor: descriptor, isConnected: true, peer: peer), listener: listener.number)
          } catch {
            listener.acceptor.acceptFailed(error)
          }
        }
      }
    }
  }

  /// Leaves the backlog alone for a moment.
  private func pause(_ index: Int) {
    state.value.listeners[index].retryAt = now.advanced(byNanoseconds: Self.acceptPause)
  }

  /// Lets the acceptor close something in favour of clients that wait, if any do.
  private func isRoomMade(by listener: LoopListener, forDescriptor: Bool) -> Bool {
    guard listener.socket.hasWaiting else { return false }
    var hasMade = false
    asJob { hasMade = listener.acceptor.makeRoom(forDescriptor: forDescriptor) && listener.acceptor.isAccepting }
    return hasMade
  }

  /// Receives a connection with the descriptor that is kept for this, tells the client that there is none left, and closes it.
  ///
  /// A client that is left in the backlog instead would learn nothing until its own patience ends.
  ///
  /// - Returns: false if nobody waits or another thread was quicker to take the descriptor.
  private func refuseOne(of listener: LoopListener) -> Bool {
    guard state.value.reserve.giveUp() else { return false }
    var storage = sockaddr_storage()
    var length = socklen_t(0)
    let descriptor = unsafe csystem_accept(listener.socket.descriptor, &storage, &length)
    if descriptor >= 0 { ReserveDescriptor.refuse(descriptor, with: listener.acceptor.refusal) }
    state.value.reserve.restore()
    return descriptor >= 0
  }
}
