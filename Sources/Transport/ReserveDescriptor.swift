internal import CSystem
import Glibc

/// A descriptor that is kept for the moment in which there is no other one left.
///
/// With it a connection can still be received, to be told so and closed.
struct ReserveDescriptor: ~Copyable {
  /// -1 while it is given up.
  private var descriptor: Int32 = -1

  init() {}

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Takes a descriptor, unless it has one; without success if there is none.
  mutating func restore() {
    guard descriptor < 0 else { return }
    descriptor = unsafe open("/dev/null", O_RDONLY | O_CLOEXEC)
  }

  /// Frees the descriptor for another use.
  ///
  /// - Returns: false if there was none.
  mutating func giveUp() -> Bool {
    restore()
    guard descriptor >= 0 else { return false }
    close(descriptor)
    descriptor = -1
    return true
  }

  /// Sends the client as much as goes at once, and closes.
  ///
  /// The client's bytes are read before, as far as they are there: unread ones would turn the close into a reset, and the answer
  /// be lost.
  static func refuse(_ connection: Int32, with bytes: [UInt8]) {
    var scratch: [UInt8] = Array(repeating: 0, count: 4096)
    let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
    unsafe _ = send(connection, bytes, bytes.count, flags)
    shutdown(connection, Int32(SHUT_WR))
    for _ in 0..<4 where unsafe recv(connection, &scratch, scratch.count, flags) == scratch.count {}
    close(connection)
  }
}
