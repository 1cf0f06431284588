import Files
import Glibc

extension SecretFile {
  /// That a file with a secret or a private key can be read by others than its owner, with the command that mends it; nil if it can't.
  ///
  /// Symbolic links are followed. The check is for everything that the gateway reads secrets from.
  package static func exposure(of path: String) -> String? {
    var status = stat()
    guard unsafe stat(path, &status) == 0, status.st_mode & 0o044 != 0 else { return nil }
    let readers =
      switch status.st_mode & 0o044 {
      case 0o040: "its group"
      case 0o004: "everybody but its group"
      default: "everybody"
      }
    let mode = "0" + String(status.st_mode & 0o7777, radix: 8)
    let file = shellWord(path)
    // With mode 0600 a file of another user could no longer be read by the gateway.
    let isOwn = status.st_uid == geteuid() || geteuid() == 0
    let mend =
      isOwn ? "chmod 600 \(file)" : "sudo chown \(FileOwner.name(of: geteuid())) \(file) && sudo chmod 600 \(file)"
    return "'\(path)' holds a secret, and \(readers) can read it (mode \(mode)); mend it with: \(mend)"
  }

  /// The path as a shell takes it.
  private static func shellWord(_ path: String) -> String {
    let isPlain = path.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "@"):
        true
      default: false
      }
    }
    let word = path.hasPrefix("-") ? "./" + path : path
    return isPlain
      ? word : "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }
}
