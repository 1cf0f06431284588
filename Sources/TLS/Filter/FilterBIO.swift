internal import COpenSSL
import Transport

/// The bottom of a TLS session: a BIO of libssl that reads and writes through a ``TLSFilter``.
///
/// A write always takes everything, so that libssl never has to repeat one; a read takes what has arrived.
@safe
enum FilterBIO {
  /// Makes a BIO that leads to the filter, which must outlive it.
  ///
  /// - Returns: nil without memory.
  static func make(for filter: TLSFilter) -> OpaquePointer? {
    guard let method = unsafe method.handle, let bio = unsafe BIO_new(method) else { return nil }
    unsafe BIO_set_data(bio, Unmanaged.passUnretained(filter).toOpaque())
    unsafe BIO_set_init(bio, 1)
    return unsafe bio
  }

  @safe
  private struct Method: @unchecked Sendable {
    // Sendable because it is made once and only read from then on. SAFETY: never freed.
    let handle: OpaquePointer?
  }

  private static let method: Method = {
    let index = BIO_get_new_index()
    guard let method = unsafe BIO_meth_new(index | BIO_TYPE_SOURCE_SINK, "filter of a channel") else {
      return unsafe Method(handle: nil)
    }
    unsafe BIO_meth_set_read_ex(method, readBelow)
    unsafe BIO_meth_set_write_ex(method, writeBelow)
    unsafe BIO_meth_set_ctrl(method, controlBelow)
    return unsafe Method(handle: method)
  }()

  // SAFETY: the data of such a BIO is the filter that made it, which frees its session before it dies.
  fileprivate static func filter(of bio: OpaquePointer?) -> TLSFilter? {
    guard let data = unsafe BIO_get_data(bio) else { return nil }
    return unsafe Unmanaged<TLSFilter>.fromOpaque(data).takeUnretainedValue()
  }

  /// The flags by which a BIO says which direction of the last call would have blocked.
  fileprivate static let retryFlags = BIO_FLAGS_READ | BIO_FLAGS_WRITE | BIO_FLAGS_IO_SPECIAL | BIO_FLAGS_SHOULD_RETRY
}

// Free functions: closures would have to be of C's convention.
// SAFETY (all three): libssl calls them with a BIO that is alive and a buffer of that many bytes.

private func readBelow(
  _ bio: OpaquePointer?, _ bytes: UnsafeMutablePointer<CChar>?, _ count: Int, _ done: UnsafeMutablePointer<Int>?
) -> Int32 {
  unsafe BIO_clear_flags(bio, FilterBIO.retryFlags)
  unsafe done?.pointee = 0
  guard let filter = unsafe FilterBIO.filter(of: bio) else { return 0 }
  var span = unsafe UnsafeMutableRawBufferPointer(start: bytes, count: count).bindMemory(to: UInt8.self).mutableSpan
  switch filter.receiveBelow(into: &span) {
  case .bytes(let received):
    unsafe done?.pointee = received
    return 1
  case .wouldBlock: unsafe BIO_set_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY)
  case .endOfStream, .failed: break
  }
  return 0
}

private func writeBelow(
  _ bio: OpaquePointer?, _ bytes: UnsafePointer<CChar>?, _ count: Int, _ done: UnsafeMutablePointer<Int>?
) -> Int32 {
  unsafe BIO_clear_flags(bio, FilterBIO.retryFlags)
  unsafe done?.pointee = 0
  guard let filter = unsafe FilterBIO.filter(of: bio),
    filter.sendBelow(unsafe UnsafeRawBufferPointer(start: bytes, count: count).bindMemory(to: UInt8.self).span)
  else { return 0 }
  unsafe done?.pointee = count
  return 1
}

private func controlBelow(
  _ bio: OpaquePointer?, _ command: Int32, _ number: Int, _ pointer: UnsafeMutableRawPointer?
) -> Int {
  switch command {
  case BIO_CTRL_FLUSH: 1
  case BIO_CTRL_EOF: unsafe FilterBIO.filter(of: bio)?.isEndBelow == true ? 1 : 0
  default: 0
  }
}
