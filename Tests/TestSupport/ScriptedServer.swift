import Foundation
import Synchronization

/// An HTTP server on loopback that answers each connection's first request as the test says, and closes it.
///
/// Requests are kept in order. Its thread ends with the value.
package final class ScriptedServer: Sendable {
  package let port: UInt16
  private let listener: Int32
  private let heads = Mutex<[String]>([])

  /// - Parameter answer: the pieces of the answer to a request's head, written one after the other; none to say nothing.
  package init(_ answer: @escaping @Sendable (_ head: String) -> [String]) throws {
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = listener
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 && listen(descriptor, 16) == 0 && getsockname(descriptor, $0, &length) == 0
      }
    }
    guard isBound else { throw Failure() }
    port = UInt16(bigEndian: address.sin_port)
    Thread.detachNewThread { [weak self] in
      while true {
        let connection = accept(descriptor, nil, nil)
        guard connection >= 0 else {
          // Closed here and not where the value dies: its number may be another listener's by the next `accept`.
          close(descriptor)
          return
        }
        let head = Self.head(from: connection)
        self?.heads.withLock { $0.append(head) }
        for piece in answer(head) {
          _ = Array(piece.utf8).withUnsafeBytes {
            send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
          }
        }
        close(connection)
      }
    }
  }

  deinit { shutdown(listener, Int32(SHUT_RDWR)) }

  package struct Failure: Error {}

  /// The heads of all requests so far.
  package var requests: [String] { heads.withLock { $0 } }

  private static func head(from connection: Int32) -> String {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while !bytes.suffix(4).elementsEqual("\r\n\r\n".utf8) {
      let count = read(connection, &buffer, buffer.count)
      guard count > 0 else { break }
      bytes += buffer[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
