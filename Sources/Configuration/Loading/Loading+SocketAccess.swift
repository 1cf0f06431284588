import Bytes
import JSON

extension Loading {
  /// `mode` and `group` of a listener, which only the file of a Unix socket has.
  func socketAccess(_ reader: ObjectReader) -> SocketAccess {
    var access = SocketAccess()
    if let mode = socketMode(reader["mode"]) { access.mode = mode }
    access.group = nonEmptyString(reader["group"])
    if case .string(let address)? = reader["address"]?.content, !address.hasPrefix("unix:") {
      for key in ["mode", "group"] where reader[key] != nil {
        error(at: reader.place(of: key), "'\(key)' is for Unix sockets, such as \"unix:/run/portcullis/gateway.sock\"")
      }
    }
    return access
  }

  private func socketMode(_ value: LocatedJSON?) -> UInt32? {
    guard let value else { return nil }
    guard case .string(let text) = value.content, 3...4 ~= text.utf8.count,
      text.utf8.allSatisfy({ ASCII.isDigit($0) }), let mode = UInt32(text, radix: 8), mode <= 0o777
    else {
      error(at: value.location, "the mode of a file is a string of octal digits, such as \"0660\"")
      return nil
    }
    return mode
  }
}
