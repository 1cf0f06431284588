import Bytes
internal import COpenSSL
import Transport

/// The socket below a TLS connection, and libssl's way to it: a BIO that reads and writes without ever waiting.
///
/// Confined to the loop of its socket.
@safe
final class SocketBIO {
  var socket: Channel
  /// The error of the last read or write; nil if it succeeded.
  private(set) var error: SystemError?
  /// Nothing more will come.
  private(set) var isAtEnd = false

  init(_ socket: consuming Channel) { self.socket = socket }

  /// A BIO that leads here; it must not outlive the wire.
  ///
  /// - Returns: nil without memory.
  func makeBIO() -> OpaquePointer? {
    guard let method = unsafe Self.method.handle, let bio = unsafe BIO_new(method) else { return nil }
    unsafe BIO_set_data(bio, Unmanaged.passUnretained(self).toOpaque())
    unsafe BIO_set_init(bio, 1)
    return unsafe bio
  }

  private func receive(into bytes: inout MutableSpan<UInt8>) -> Outcome {
    switch socket.receive(into: &bytes) {
    case .bytes(let count): return .done(count)
    case .wouldBlock: return .wouldBlock
    case .endOfStream:
      isAtEnd = true
      return .failed
    case .failed(let error):
      self.error = error
      return .failed
    }
  }

  private func send(_ bytes: Span<UInt8>) -> Outcome {
    switch socket.send(bytes) {
    case .bytes(0): return .wouldBlock
    case .bytes(let count): return .done(count)
    case .failed(let error):
      self.error = error
      return .failed
    }
  }

  private enum Outcome {
    case done(Int)
    case wouldBlock
    case failed
  }

  // MARK: What libssl calls

  @safe
  private struct Method: @unchecked Sendable {
    // Sendable because it is made once and only read from then on. SAFETY: never freed.
    let handle: OpaquePointer?
  }

  private static let method: Method = {
    let index = BIO_get_new_index()
    guard let method = unsafe BIO_meth_new(index | BIO_TYPE_SOURCE_SINK, "socket of a loop") else {
      return unsafe Method(handle: nil)
    }
    unsafe BIO_meth_set_read_ex(method, readWire)
    unsafe BIO_meth_set_write_ex(method, writeWire)
    unsafe BIO_meth_set_ctrl(method, controlWire)
    return unsafe Method(handle: method)
  }()

  // SAFETY: the data of such a BIO is the wire that made it, which its connection keeps until the BIO is freed.
  private static func wire(of bio: OpaquePointer?) -> SocketBIO? {
    guard let data = unsafe BIO_get_data(bio) else { return nil }
    return unsafe Unmanaged<SocketBIO>.fromOpaque(data).takeUnretainedValue()
  }

  /// The flags by which a BIO says which direction of the last call would have blocked.
  private static let retryFlags = BIO_FLAGS_READ | BIO_FLAGS_WRITE | BIO_FLAGS_IO_SPECIAL | BIO_FLAGS_SHOULD_RETRY

  fileprivate static func read(_ bio: OpaquePointer?, _ bytes: UnsafeMutableRawBufferPointer) -> Int? {
    unsafe BIO_clear_flags(bio, retryFlags)
    guard let wire = unsafe wire(of: bio) else { return nil }
    var span = unsafe bytes.bindMemory(to: UInt8.self).mutableSpan
    switch wire.receive(into: &span) {
    case .done(let count): return count
    case .wouldBlock: unsafe BIO_set_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY)
    case .failed: break
    }
    return nil
  }

  fileprivate static func write(_ bio: OpaquePointer?, _ bytes: UnsafeRawBufferPointer) -> Int? {
    unsafe BIO_clear_flags(bio, retryFlags)
    guard let wire = unsafe wire(of: bio) else { return nil }
    switch wire.send(unsafe bytes.bindMemory(to: UInt8.self).span) {
    case .done(let count): return count
    case .wouldBlock: unsafe BIO_set_flags(bio, BIO_FLAGS_WRITE | BIO_FLAGS_SHOULD_RETRY)
    case .failed: break
    }
    return nil
  }

  fileprivate static func control(_ bio: OpaquePointer?, _ command: Int32) -> Int {
    switch command {
    case BIO_CTRL_FLUSH: 1
    case BIO_CTRL_EOF: unsafe wire(of: bio)?.isAtEnd == true ? 1 : 0
    default: 0
    }
  }
}

// Free functions: closures would have to be of C's convention.
// SAFETY (all three): libssl calls them with a BIO that is alive and a buffer of that many bytes.

private func readWire(
  _ bio: OpaquePointer?, _ bytes: UnsafeMutablePointer<CChar>?, _ count: Int, _ done: UnsafeMutablePointer<Int>?
) -> Int32 {
  let read = unsafe SocketBIO.read(bio, UnsafeMutableRawBufferPointer(start: bytes, count: count))
  unsafe done?.pointee = read ?? 0
  return read == nil ? 0 : 1
}

private func writeWire(
  _ bio: OpaquePointer?, _ bytes: UnsafePointer<CChar>?, _ count: Int, _ done: UnsafeMutablePointer<Int>?
) -> Int32 {
  let written = unsafe SocketBIO.write(bio, UnsafeRawBufferPointer(start: bytes, count: count))
  unsafe done?.pointee = written ?? 0
  return written == nil ? 0 : 1
}

private func controlWire(
  _ bio: OpaquePointer?, _ command: Int32, _ number: Int, _ pointer: UnsafeMutableRawPointer?
) -> Int {
  unsafe SocketBIO.control(bio, command)
}
