package import Bytes
import TLS
package import Transport

/// Reading and writing for those who have time.
extension Channel {
  /// Waits for bytes, as many as fit into the buffer; nil at the end of the stream.
  package mutating func receive(
    into buffer: inout ByteBuffer, in loop: EventLoop, until deadline: MonotonicTime
  ) async throws(FetchFailure) -> Int? {
    while true {
      switch receive(into: &buffer) {
      case .bytes(let count): return count
      case .endOfStream: return nil
      case .failed(let error): throw failure(error)
      case .wouldBlock:
        guard await loop.wait(for: readable, until: deadline) == .ready else { throw .timedOut }
      }
    }
  }

  /// Writes all of the buffer.
  package mutating func send(
    _ buffer: inout ByteBuffer, in loop: EventLoop, until deadline: MonotonicTime
  ) async throws(FetchFailure) {
    while !buffer.isEmpty {
      switch send(&buffer) {
      case .bytes(0):
        guard await loop.wait(for: writable, until: deadline) == .ready else { throw .timedOut }
      case .bytes: break
      case .failed(let error): throw failure(error)
      }
    }
  }

  /// The reason of a failure in the words of the layer that it is of.
  func failure(_ error: SystemError) -> FetchFailure {
    switch (filter as? TLSFilter)?.failure {
    case nil, .connection: .unreachable(error)
    case let reason?: .tls(reason)
    }
  }
}
