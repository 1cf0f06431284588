import Bytes
import HTTP
import JSON

extension Loading {
  /// A path in the file system, resolved against the configuration's folder.
  func path(_ value: LocatedJSON?) -> Located<String>? {
    guard let text = nonEmptyString(value) else { return nil }
    guard !text.value.utf8.contains(0) else {
      error(at: text.location, "a path holds no NUL")
      return nil
    }
    return Located(resolve(text.value), at: text.location)
  }

  /// The path, relative to the configuration's folder unless it is absolute; without looking at the file system.
  ///
  /// `.` segments go away. `..` stays: behind a symbolic link it means another folder than its text says.
  func resolve(_ path: String) -> String {
    if path.hasPrefix("/") { return path }
    let folder = fileName.lastIndex(of: "/").map { String(fileName[...$0]) } ?? ""
    var relative = Substring(path)
    while relative.hasPrefix("./") { relative = relative.dropFirst(2).drop { $0 == "/" } }
    return folder + relative
  }

  /// A path of a URL as routes are matched with: in canonical form, with nothing in it that no request can have.
  func canonicalPath(_ value: LocatedJSON?, allowingEncodedSlashes: Bool) -> Located<String>? {
    guard let text = nonEmptyString(value) else { return nil }
    if let problem = Self.problem(ofPath: text.value, allowingEncodedSlashes: allowingEncodedSlashes) {
      error(at: text.location, problem)
      return nil
    }
    return text
  }

  private static func problem(ofPath path: String, allowingEncodedSlashes: Bool) -> String? {
    if !path.hasPrefix("/") { return "\"\(path)\" is not a path: it begins with '/'" }
    for byte in path.utf8 {
      switch byte {
      case UInt8(ascii: "*"):
        return "\"\(path)\" holds a '*': there are no wildcards, a 'path' takes all that is below it"
      case UInt8(ascii: "?"): return "\"\(path)\" holds a '?': the query takes no part in matching"
      case UInt8(ascii: "#"): return "\"\(path)\" holds a '#': a request has no fragment"
      case UInt8(ascii: ";"): return "\"\(path)\" holds a ';': requests are matched without such parameters too"
      default: break
      }
    }
    var canonical: [UInt8] = []
    let traits: CanonicalPath.Traits
    do throws(PathFault) {
      traits = try CanonicalPath.append(escapingNonASCII(path).span, to: &canonical)
    } catch {
      return "\"\(path)\" is a path that is refused in every request: \(explain(error))"
    }
    if traits.hasParameters {
      return "\"\(path)\" holds an encoded ';': requests are matched without such parameters too"
    }
    if traits.hasEncodedSlash && !allowingEncodedSlashes {
      return "\"\(path)\" holds an encoded slash, which is refused without \"encoded_slashes\": \"allow\""
    }
    if !canonical.elementsEqual(path.utf8) {
      return "\"\(path)\" is not spelt as requests are matched: write \"\(canonical.span.text)\""
    }
    return nil
  }

  /// Percent-encodes everything but visible ASCII, as an operator who wrote a path in another script meant it.
  private static func escapingNonASCII(_ path: String) -> [UInt8] {
    var bytes: [UInt8] = []
    for byte in path.utf8 {
      if byte > 0x20 && byte < 0x7F {
        bytes.append(byte)
      } else {
        bytes.append(UInt8(ascii: "%"))
        for digit in [byte >> 4, byte & 15] { bytes.append(digit < 10 ? digit + 48 : digit + 55) }
      }
    }
    return bytes
  }

  private static func explain(_ fault: PathFault) -> String {
    switch fault {
    case .notAbsolute: "it does not begin with a slash"
    case .malformedEscape: "it holds '%' without two hexadecimal digits"
    case .backslash: "it holds a backslash"
    case .forbiddenOctet: "it holds a character that must be escaped"
    case .encodedControl: "it holds a control character"
    case .doubleEncoding: "it holds an escape of an escape"
    case .aboveRoot: "it climbs above the root"
    case .dotSegmentParameters: "it holds parameters on a dot segment"
    case .encodedSlashTraversal: "it holds a dot segment beside an encoded slash"
    case .overlongEncoding: "it holds an overlong encoding"
    }
  }
}
