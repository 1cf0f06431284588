internal import CSystem
import Glibc

/// Finds out whether an address could be listened on, without listening on it.
///
/// Blocks; not for a loop's thread.
package enum AddressProbe {
  /// The program that keeps an address from being bound.
  package enum Holder: Equatable, Sendable {
    /// A process of this program.
    case gateway(process: Int32)
    /// Something else, or unknown.
    case other
  }

  /// Binds the address for a moment.
  ///
  /// Of a unix socket it looks at the file and its folder instead, and makes nothing.
  ///
  /// - Throws: why it can't be listened on.
  package static func check(_ address: SocketAddress) throws(SystemError) {
    if case .unix(let path) = address { return try check(path: path, address) }
    let probe = socket(address.family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard probe >= 0 else { throw .last }
    defer { close(probe) }
    set(probe, SOL_SOCKET, SO_REUSEADDR)
    if case .ipv6 = address { set(probe, Int32(IPPROTO_IPV6), IPV6_V6ONLY) }
    guard unsafe address.withKernelForm({ unsafe bind(probe, $0, $1) }) == 0 else { throw .last }
  }

  /// Finds the program that listens on an address that is in use.
  package static func holder(of address: SocketAddress) -> Holder {
    switch address {
    case .unix:
      guard let process = listener(behind: address), isThisProgram(process) else { return .other }
      return .gateway(process: process)
    case .ipv4, .ipv6:
      let sockets = listeningSockets(port: address.port ?? 0)
      for process in processes() where isThisProgram(process) && mayHave(sockets, process) {
        return .gateway(process: process)
      }
      return .other
    }
  }

  // MARK: Unix sockets

  private static func check(path: String, _ address: SocketAddress) throws(SystemError) {
    var status = stat()
    if unsafe lstat(path, &status) == 0 {
      guard status.st_mode & S_IFMT == S_IFSOCK, listener(behind: address) == nil, errno == ECONNREFUSED else {
        throw SystemError(code: EADDRINUSE)
      }
      // One that was left behind is replaced.
    }
    if let problem = WritableFile.problem(folder: WritableFile.folder(of: path)) { throw problem }
  }

  /// The process that listens; nil with `errno` where there is none.
  private static func listener(behind address: SocketAddress) -> Int32? {
    let probe = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard probe >= 0 else { return nil }
    let result = unsafe address.withKernelForm { unsafe connect(probe, $0, $1) }
    let error = errno
    defer {
      close(probe)
      errno = error
    }
    var process: pid_t = 0
    var user: uid_t = 0
    guard result == 0, unsafe csystem_peer(probe, &process, &user) == 0 else { return nil }
    return process
  }

  // MARK: Processes

  private static func processes() -> [Int32] {
    guard let folder = unsafe opendir("/proc") else { return [] }
    defer { unsafe closedir(folder) }
    var found: [Int32] = []
    while let entry = unsafe readdir(folder) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if let process = Int32(name), process != getpid() { found.append(process) }
    }
    return found.sorted()
  }

  private static func isThisProgram(_ process: Int32) -> Bool {
    guard let name = try? FileReader.read(path: "/proc/\(process)/comm", limit: 64) else { return false }
    return name == (try? FileReader.read(path: "/proc/self/comm", limit: 64))
  }

  /// True if a descriptor of the process is one of the sockets, and where the system doesn't tell.
  private static func mayHave(_ sockets: Set<String>, _ process: Int32) -> Bool {
    guard let folder = unsafe opendir("/proc/\(process)/fd") else { return errno == EACCES }
    defer { unsafe closedir(folder) }
    var target = [CChar](repeating: 0, count: 64)
    while let entry = unsafe readdir(folder) {
      let count = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { name in
          unsafe readlinkat(dirfd(folder), name, &target, target.count)
        }
      }
      guard count > 0 else { continue }
      if sockets.contains(String(decoding: target[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)) {
        return true
      }
    }
    return false
  }

  /// The sockets that listen on the port, as links of `/proc` name them: `socket:[12345]`.
  private static func listeningSockets(port: UInt16) -> Set<String> {
    let digits = String(port, radix: 16, uppercase: true)
    let ending = ":" + String(repeating: "0", count: 4 - digits.count) + digits
    var sockets: Set<String> = []
    for table in ["/proc/self/net/tcp", "/proc/self/net/tcp6"] {
      guard let text = try? FileReader.read(path: table, limit: 64 * 1024 * 1024) else { continue }
      for line in text.split(separator: UInt8(ascii: "\n")) {
        let columns = line.split(separator: UInt8(ascii: " "), maxSplits: 10)
        // The local address, the state (0A listens) and the inode.
        guard columns.count > 9, columns[3].elementsEqual("0A".utf8), columns[1].suffix(5).elementsEqual(ending.utf8)
        else { continue }
        sockets.insert("socket:[\(String(decoding: columns[9], as: UTF8.self))]")
      }
    }
    return sockets
  }

  private static func set(_ descriptor: Int32, _ level: Int32, _ option: Int32) {
    var on: Int32 = 1
    unsafe _ = setsockopt(descriptor, level, option, &on, socklen_t(MemoryLayout<Int32>.size))
  }
}
