internal import CSystem
import Glibc

/// The system calls on the descriptor of a stream connection, without any knowledge of who uses it.
///
/// For channels, and for the filters between a channel and its descriptor. None of them waits.
enum StreamDescriptor {
  /// One `recv`: the number of bytes, or the negative error.
  static func receive(from descriptor: Int32, into bytes: inout MutableSpan<UInt8>) -> Int {
    let room = bytes.count
    return unsafe bytes.withUnsafeMutableBufferPointer { space in
      var result = 0
      repeat { result = unsafe csystem_recv(descriptor, space.baseAddress, room) } while result == -Int(EINTR)
      return result
    }
  }

  /// One `recv` that leaves the bytes there: the number of bytes, or the negative error.
  static func peek(at descriptor: Int32, into bytes: inout MutableSpan<UInt8>) -> Int {
    let room = bytes.count
    return unsafe bytes.withUnsafeMutableBufferPointer { space in
      var result = 0
      repeat { result = unsafe csystem_peek(descriptor, space.baseAddress, room) } while result == -Int(EINTR)
      return result
    }
  }

  /// The outcome of a `recv`, and what it says of the next one.
  @inline(__always)
  static func received(_ result: Int, room: Int, clearing readiness: inout Readiness) -> Channel.Received {
    if result > 0 {
      // A short read means drained, unless the end is still to come.
      if result < room, !readiness.contains(.peerFinished) { readiness.remove(.readable) }
      return .bytes(result)
    }
    if result == 0 { return .endOfStream }
    if result == -Int(EAGAIN) {
      readiness.remove(.readable)
      return .wouldBlock
    }
    return .failed(SystemError(code: Int32(truncatingIfNeeded: -result)))
  }

  /// One `send`: the number of bytes, or the negative error.
  static func send(_ bytes: Span<UInt8>, more: Bool, to descriptor: Int32) -> Int {
    unsafe bytes.withUnsafeBufferPointer { bytes in
      var result = 0
      repeat {
        result = unsafe csystem_send(descriptor, bytes.baseAddress, bytes.count, more ? 1 : 0)
      } while result == -Int(EINTR)
      return result
    }
  }

  /// The outcome of a `send`, and what it says of the next one.
  @inline(__always)
  static func sent(_ result: Int, of wanted: Int, clearing readiness: inout Readiness) -> Channel.Sent {
    if result < wanted { readiness.remove(.writable) }
    if result >= 0 { return .bytes(result) }
    return result == -Int(EAGAIN) ? .bytes(0) : .failed(SystemError(code: Int32(truncatingIfNeeded: -result)))
  }

  static func hasPendingInput(_ descriptor: Int32) -> Bool {
    var byte: UInt8 = 0
    let result = unsafe recv(descriptor, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
    return result >= 0 || errno != EAGAIN
  }

  static func unsentCount(_ descriptor: Int32) -> Int { Int(csystem_unsent(descriptor)) }

  static func finishSending(_ descriptor: Int32) { _ = shutdown(descriptor, Int32(SHUT_WR)) }

  static func resetOnClose(_ descriptor: Int32) {
    var option = linger(l_onoff: 1, l_linger: 0)
    unsafe _ = setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
  }

  static func connectionError(_ descriptor: Int32) -> SystemError? {
    var code: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    guard unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length) == 0 else { return .last }
    return code == 0 ? nil : SystemError(code: code)
  }
}
