package import Glibc

/// The name of a file's owner, for messages about denied access.
///
/// Blocks; not for a loop's thread.
package enum FileOwner {
  /// The user who may use the file, as the end of a sentence; empty if it is the caller, or unknown.
  package static func hint(for path: String) -> String {
    // The file itself can't be looked at where its directory may not be searched.
    var place = path
    var status = stat()
    while unsafe stat(place, &status) != 0 {
      let above = PrivateFile.directory(of: place)
      guard above != place else { return "" }
      place = above
    }
    guard status.st_uid != geteuid(), geteuid() != 0 else { return "" }
    let name = name(of: status.st_uid)
    let subject = place == path ? "it" : "'\(place)'"
    return "; \(subject) belongs to \(name): do this as that user (sudo -u \(name) …)"
  }

  /// The user's name, or `#` and the number, as `sudo -u` takes both.
  package static func name(of user: uid_t) -> String {
    var entry = unsafe passwd()
    var result: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 16 * 1024)
    // SAFETY: the strings of the entry lie in the buffer, which outlives the copy that is made of the name.
    return unsafe buffer.withUnsafeMutableBufferPointer { buffer in
      guard let space = buffer.baseAddress, unsafe getpwuid_r(user, &entry, space, buffer.count, &result) == 0,
        unsafe result != nil, let name = unsafe entry.pw_name
      else { return "'#\(user)'" }
      return unsafe String(cString: name)
    }
  }
}
