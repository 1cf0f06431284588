package import Bytes
package import TLS
package import Transport

/// A connection as one reads from it and writes to it when one has time: plain or over TLS.
package protocol ByteStream: ~Copyable {
  /// Waits for bytes, as many as fit into the buffer; nil at the end of the stream.
  mutating func receive(
    into buffer: inout ByteBuffer, in loop: EventLoop, until deadline: MonotonicTime
  ) async throws(FetchFailure) -> Int?

  /// Writes all of the buffer.
  mutating func send(
    _ buffer: inout ByteBuffer, in loop: EventLoop, until deadline: MonotonicTime
  ) async throws(FetchFailure)
}

extension Channel: ByteStream {
  package mutating func receive(
    into buffer: inout ByteBuffer, in loop: EventLoop, until deadline: MonotonicTime
  ) async throws(FetchFailure) -> Int? {
    while true {
      switch receive(into: &buffer) {
      case .bytes(let count): return count
      case .endOfStream: return nil
      case .failed(let error): throw .unreachable(error)
      case .wouldBlock:
        guard await loop.wait(for: readable, until: deadline) == .ready else { throw .timedOut }
      }
    }
  }

  package mutating func send(
    _ buffer: inout ByteBuffer, in loop: EventLoop, until deadline: MonotonicTime
  ) async throws(FetchFailure) {
    while !buffer.isEmpty {
      switch send(&buffer) {
      case .bytes(0):
        guard await loop.wait(for: writable, until: deadline) == .ready else { throw .timedOut }
      case .bytes: break
      case .failed(let error): throw .unreachable(error)
      }
    }
  }
}

extension TLSConnection: ByteStream {
  package mutating func receive(
    into buffer: inout ByteBuffer, in loop: EventLoop, until deadline: MonotonicTime
  ) async throws(FetchFailure) -> Int? {
    while true {
      switch receive(into: &buffer) {
      case .bytes(let count): return count
      case .endOfStream: return nil
      case .failed(let error): throw .tls(error)
      case .wouldBlock(let interest):
        guard await loop.wait(for: interest, until: deadline) == .ready else { throw .timedOut }
      }
    }
  }

  package mutating func send(
    _ buffer: inout ByteBuffer, in loop: EventLoop, until deadline: MonotonicTime
  ) async throws(FetchFailure) {
    while !buffer.isEmpty {
      switch send(&buffer) {
      case .bytes: break
      case .failed(let error): throw .tls(error)
      case .wouldBlock(let interest):
        guard await loop.wait(for: interest, until: deadline) == .ready else { throw .timedOut }
      }
    }
  }
}
