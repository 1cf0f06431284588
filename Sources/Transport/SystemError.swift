import Glibc

/// An error number of the operating system.
package struct SystemError: Error, Equatable, Sendable {
  package let code: Int32

  package init(code: Int32) { self.code = code }

  /// The error that `errno` holds now.
  static var last: SystemError { SystemError(code: errno) }

  /// The system's own text for it, as `perror` prints it, but where that misleads.
  package var text: String {
    // The system's text speaks of circles, where mostly one link is meant that is not followed.
    if code == ELOOP { return "It is a symbolic link of another user, or one that leads in circles" }
    guard let message = unsafe strerror(code) else { return "error \(code)" }
    return unsafe String(cString: message)
  }

  /// The address is not there, as far as is known.
  package static let addressGone = SystemError(code: EADDRNOTAVAIL)

  /// The process or the system has no descriptor left.
  package var isDescriptorShortage: Bool { code == EMFILE || code == ENFILE }
}

extension SystemError: CustomStringConvertible {
  package var description: String { text }
}
