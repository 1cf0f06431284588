internal import CSystem
import Glibc

/// The address of a socket or of its peer.
package enum SocketAddress: Hashable, Sendable {
  /// Four bytes in network order, and a port.
  case ipv4(UInt32, port: UInt16)
  /// Sixteen bytes in network order as two halves, a port and the zone's number (0: none).
  case ipv6(high: UInt64, low: UInt64, port: UInt16, scope: UInt32)
  /// A path in the file system, shorter than 108 bytes.
  case unix(path: String)

  /// The longest path that the kernel takes for a unix socket, in bytes.
  package static let unixPathLimit = 107

  /// The port; nil for a unix socket.
  package var port: UInt16? {
    switch self {
    case .ipv4(_, let port), .ipv6(_, _, let port, _): port
    case .unix: nil
    }
  }

  /// The same address with another port; a unix socket has none and stays as it is.
  package func with(port: UInt16) -> SocketAddress {
    switch self {
    case .ipv4(let address, _): .ipv4(address, port: port)
    case .ipv6(let high, let low, _, let scope): .ipv6(high: high, low: low, port: port, scope: scope)
    case .unix: self
    }
  }

  var family: Int32 {
    switch self {
    case .ipv4: AF_INET
    case .ipv6: AF_INET6
    case .unix: AF_UNIX
    }
  }

  /// Calls `body` with the address in the kernel's form.
  func withKernelForm<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    var storage = sockaddr_storage()
    let length: Int
    switch self {
    case .ipv4(let address, let port):
      length = MemoryLayout<sockaddr_in>.size
      unsafe withUnsafeMutableBytes(of: &storage) { bytes in
        unsafe bytes.storeBytes(of: sa_family_t(AF_INET), toByteOffset: 0, as: sa_family_t.self)
        unsafe bytes.storeBytes(of: port.bigEndian, toByteOffset: 2, as: UInt16.self)
        unsafe bytes.storeBytes(of: address.bigEndian, toByteOffset: 4, as: UInt32.self)
      }
    case .ipv6(let high, let low, let port, let scope):
      length = MemoryLayout<sockaddr_in6>.size
      unsafe withUnsafeMutableBytes(of: &storage) { bytes in
        unsafe bytes.storeBytes(of: sa_family_t(AF_INET6), toByteOffset: 0, as: sa_family_t.self)
        unsafe bytes.storeBytes(of: port.bigEndian, toByteOffset: 2, as: UInt16.self)
        unsafe bytes.storeBytes(of: high.bigEndian, toByteOffset: 8, as: UInt64.self)
        unsafe bytes.storeBytes(of: low.bigEndian, toByteOffset: 16, as: UInt64.self)
        unsafe bytes.storeBytes(of: scope, toByteOffset: 24, as: UInt32.self)
      }
    case .unix(let path):
      let text = Array(path.utf8.prefix(Self.unixPathLimit))
      length = 2 + text.count + 1
      unsafe withUnsafeMutableBytes(of: &storage) { bytes in
        unsafe bytes.storeBytes(of: sa_family_t(AF_UNIX), toByteOffset: 0, as: sa_family_t.self)
        for (index, byte) in text.enumerated() { unsafe bytes[2 + index] = byte }
      }
    }
    // SAFETY: sockaddr_storage is large enough and aligned for every address family.
    return unsafe withUnsafePointer(to: &storage) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, socklen_t(length)) }
    }
  }

  /// Reads an address from the kernel's form; a nameless unix peer has an empty path, another family is nil.
  init?(_ storage: sockaddr_storage, length: socklen_t) {
    let family = Int32(storage.ss_family)
    var storage = storage
    let address: SocketAddress? = unsafe withUnsafeBytes(of: &storage) { bytes in
      switch family {
      case AF_INET:
        return unsafe .ipv4(
          UInt32(bigEndian: bytes.load(fromByteOffset: 4, as: UInt32.self)),
          port: UInt16(bigEndian: bytes.load(fromByteOffset: 2, as: UInt16.self)))
      case AF_INET6:
        return unsafe .ipv6(
          high: UInt64(bigEndian: bytes.load(fromByteOffset: 8, as: UInt64.self)),
          low: UInt64(bigEndian: bytes.load(fromByteOffset: 16, as: UInt64.self)),
          port: UInt16(bigEndian: bytes.load(fromByteOffset: 2, as: UInt16.self)),
          scope: bytes.load(fromByteOffset: 24, as: UInt32.self))
      case AF_UNIX:
        let text = unsafe bytes[2..<max(2, min(Int(length), 2 + Self.unixPathLimit))].prefix { $0 != 0 }
        return unsafe .unix(path: String(decoding: text, as: UTF8.self))
      default:
        return nil
      }
    }
    guard let address else { return nil }
    self = address
  }

  /// The addresses that a name and a port stand for, from the system's resolver.
  ///
  /// Blocks; not for the loop's thread.
  ///
  /// - Parameter host: a name, or an address in either notation.
  /// - Throws: the resolver's text.
  package static func resolve(host: String, port: UInt16) throws(ResolutionError) -> [SocketAddress] {
    try resolve(host: host, port: port, flags: 0)
  }

  /// The addresses that a name stands for and that this machine has a way to.
  ///
  /// A machine without an IPv6 address, as most containers are, gets no IPv6 addresses, unless the name has no others.
  ///
  /// Blocks; not for the loop's thread.
  package static func resolveReachable(host: String, port: UInt16) throws(ResolutionError) -> [SocketAddress] {
    do throws(ResolutionError) {
      return try resolve(host: host, port: port, flags: AI_ADDRCONFIG)
    } catch {
      guard error.isDenial else { throw error }
      return try resolve(host: host, port: port, flags: 0)
    }
  }

  /// The address that the text is; nil for a name.
  ///
  /// Does not ask the resolver.
  package static func literal(host: String, port: UInt16) -> SocketAddress? {
    do throws(ResolutionError) {
      return try resolve(host: host, port: port, flags: AI_NUMERICHOST).first
    } catch {
      return nil
    }
  }

  private static func resolve(host: String, port: UInt16, flags: Int32) throws(ResolutionError) -> [SocketAddress] {
    var hints = unsafe addrinfo()
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    unsafe hints.ai_flags = flags
    var list: UnsafeMutablePointer<addrinfo>?
    let status = unsafe getaddrinfo(host, String(port), &hints, &list)
    guard status == 0 else {
      throw ResolutionError(text: unsafe String(cString: gai_strerror(status)), isDenial: Self.isDenial(status))
    }
    defer { unsafe freeaddrinfo(list) }
    var found: [SocketAddress] = []
    var next = unsafe list
    while let entry = unsafe next {
      var storage = sockaddr_storage()
      let length = unsafe entry.pointee.ai_addrlen
      unsafe withUnsafeMutableBytes(of: &storage) { target in
        unsafe target.copyMemory(from: UnsafeRawBufferPointer(start: entry.pointee.ai_addr, count: Int(length)))
      }
      if let address = SocketAddress(storage, length: length), !found.contains(address) { found.append(address) }
      unsafe next = entry.pointee.ai_next
    }
    return found
  }

  /// True if the resolver has answered that the name does not exist or has no address; false if it gave no answer.
  private static func isDenial(_ status: Int32) -> Bool {
    // The latter two stand behind _GNU_SOURCE in <netdb.h>: no address for the name, and none of that family.
    status == EAI_NONAME || status == -5 || status == -9
  }

  /// The reason for which a name could not be resolved.
  package struct ResolutionError: Error, Equatable, Sendable {
    package let text: String
    /// The answer was that there is no such name or no address for it; otherwise no answer was to be had.
    package let isDenial: Bool
  }
}

extension SocketAddress {
  /// The address without its port, as one writes it: `127.0.0.1`, `::1`, `unix:/run/a.sock`.
  package var host: String {
    let text = description
    guard port != nil, let colon = text.lastIndex(of: ":") else { return text }
    let host = text[..<colon]
    return String(host.hasPrefix("[") ? host.dropFirst().dropLast() : host)
  }
}

extension SocketAddress: CustomStringConvertible {
  /// As one writes it in the configuration: `127.0.0.1:80`, `[::1]:80`, `unix:/run/a.sock`.
  package var description: String {
    switch self {
    case .ipv4(let address, let port):
      return "\(address >> 24).\(address >> 16 & 255).\(address >> 8 & 255).\(address & 255):\(port)"
    case .ipv6(let high, let low, let port, let scope):
      var address = in6_addr()
      unsafe withUnsafeMutableBytes(of: &address) { bytes in
        unsafe bytes.storeBytes(of: high.bigEndian, toByteOffset: 0, as: UInt64.self)
        unsafe bytes.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
      }
      let text = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { buffer in
        guard let start = buffer.baseAddress,
          unsafe inet_ntop(AF_INET6, &address, start, socklen_t(INET6_ADDRSTRLEN)) != nil
        else { return "?" }
        return unsafe String(cString: start)
      }
      return scope == 0 ? "[\(text)]:\(port)" : "[\(text)%\(scope)]:\(port)"
    case .unix(let path):
      return "unix:" + path
    }
  }
}

extension SocketAddress {
  static func ask(
    _ descriptor: Int32, _ question: (Int32, UnsafeMutablePointer<sockaddr>?, UnsafeMutablePointer<socklen_t>?) -> Int32
  ) -> SocketAddress? {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    // SAFETY: sockaddr_storage is large enough and aligned for every address family.
    let result = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe question(descriptor, $0, &length) }
    }
    return result == 0 ? SocketAddress(storage, length: length) : nil
  }
}
