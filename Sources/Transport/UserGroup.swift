import Glibc

/// Groups of the system's users.
package enum UserGroup {
  /// The number of the group with that name, or of which the text is the number; nil if there is none.
  ///
  /// Blocks; not for a loop's thread.
  package static func number(of name: String) -> UInt32? {
    var size = 1024
    while size <= 1 << 20 {
      var entry = unsafe group()
      var found: UnsafeMutablePointer<group>?
      var buffer = [CChar](repeating: 0, count: size)
      let result = unsafe getgrnam_r(name, &entry, &buffer, buffer.count, &found)
      if result == ERANGE {
        size *= 4
        continue
      }
      if unsafe found != nil { return unsafe entry.gr_gid }
      break
    }
    return name.utf8.allSatisfy { 48...57 ~= $0 } ? UInt32(name) : nil
  }

  /// Tells if this process may give its files to the group, as root and members of the group may.
  package static func mayBeGiven(to group: UInt32) -> Bool {
    if geteuid() == 0 || getegid() == group { return true }
    var groups = [gid_t](repeating: 0, count: 65_536)
    let count = unsafe getgroups(Int32(groups.count), &groups)
    return count > 0 && groups.prefix(Int(count)).contains(group)
  }
}
