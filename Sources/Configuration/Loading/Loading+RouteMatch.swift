import Bytes
import HTTP
import JSON

extension Loading {
  /// The conditions of a route.
  func match(_ reader: ObjectReader, allowingEncodedSlashes: Bool) -> RouteMatch? {
    let path = pathMatch(reader, allowingEncodedSlashes: allowingEncodedSlashes)
    let host = hostMatch(reader["host"])
    let methods = reader["methods"].map { self.methods($0) }
    let headers = fieldLines(reader["headers"], for: .condition)
    guard let path else { return nil }
    var match = RouteMatch(path: path)
    if reader["host"] != nil {
      guard let host else { return nil }
      match.host = host
    }
    if let methods {
      guard let methods else { return nil }
      match.methods = methods
    }
    match.headers = headers
    return match
  }

  private func pathMatch(_ reader: ObjectReader, allowingEncodedSlashes: Bool) -> PathMatch? {
    switch (reader["path"], reader["exact"]) {
    case (nil, nil):
      error(at: reader.location, "a route needs 'path' or 'exact'")
      return nil
    case (.some, .some):
      error(at: reader.place(of: "exact"), "a route has 'path' or 'exact', not both")
      return nil
    case (let path?, nil):
      guard let text = canonicalPath(path, allowingEncodedSlashes: allowingEncodedSlashes)?.value else { return nil }
      return .prefix(text.utf8.count > 1 && text.hasSuffix("/") ? String(text.dropLast()) : text)
    case (nil, let exact?):
      guard let text = canonicalPath(exact, allowingEncodedSlashes: allowingEncodedSlashes) else { return nil }
      checkIsNotHosted(text)
      return .exact(text.value)
    }
  }

  /// A route that is exact on a path of the gateway's own would never be taken.
  private func checkIsNotHosted(_ path: Located<String>) {
    if wellKnownPaths.contains(path.value) {
      return error(
        at: path.location, "\"\(path.value)\" is answered by the gateway itself, which tells of its keys there")
    }
    guard let hosted = hostedPaths?.all.first(where: { $0.path == path.value }) else { return }
    error(
      at: path.location,
      "\"\(path.value)\" is answered by the gateway itself; 'accounts.paths' can move its '\(hosted.key)'")
  }

  private func hostMatch(_ value: LocatedJSON?) -> HostMatch? {
    guard let text = nonEmptyString(value) else { return nil }
    var name = text.value
    if name == "*" {
      error(at: text.location, "\"*\" is every host; leave 'host' out")
      return nil
    }
    let isWildcard = name.hasPrefix("*.")
    if isWildcard { name.removeFirst(2) }
    if name.hasSuffix(".") { name.removeLast() }
    if let host = Self.host(name, isWildcard: isWildcard) { return isWildcard ? .wildcard(suffix: host) : .exact(host) }
    error(at: text.location, "\"\(text.value)\" is no host\(Self.hostHint(name))")
    return nil
  }

  /// The hint for a text that is more than a name, or a name as people read it; for a message.
  private static func hostHint(_ name: String) -> String {
    if name.utf8.contains(UInt8(ascii: "/")) {
      return "; it is a name alone, without a scheme and a path, such as \"app.example.com\""
    }
    if name.utf8.contains(where: { $0 >= 0x80 }) {
      return "; write it as browsers send it, in ASCII with 'xn--'"
    }
    let wildcard = name.contains("*") ? "; a '*' stands for whole labels at the front, as in \"*.example.com\"" : ""
    let port = name.contains(":") && !name.hasPrefix("[") ? "; a port takes no part in matching" : ""
    return wildcard + port
  }

  private static func host(_ text: String, isWildcard: Bool) -> String? {
    if let name = hostName(text) { return name }
    guard !isWildcard else { return nil }
    if !text.contains(":"), IPAddress(text) != nil { return text }
    guard text.hasPrefix("["), text.hasSuffix("]"), IPAddress(String(text.dropFirst().dropLast())) != nil else {
      return nil
    }
    return text.contains(":") ? text.asciiLowercased : nil
  }

  /// A list of methods, none twice; nil if there was an error in it.
  func methods(_ value: LocatedJSON) -> [Method]? {
    guard let entries = nonEmptyList(value) else { return nil }
    var methods: [Method] = []
    for word in words(entries) {
      guard let method = Method(word.value.utf8Span.span) else {
        error(at: word.location, "\"\(word.value)\" is no method")
        continue
      }
      if word.value.utf8.contains(where: { 97...122 ~= $0 }) {
        let upper = String(decoding: word.value.utf8.map { 97...122 ~= $0 ? $0 - 32 : $0 }, as: UTF8.self)
        error(at: word.location, "methods are written in upper case: write \"\(upper)\"")
      } else if method == .connect || method == .trace {
        error(at: word.location, "\(word.value) is refused in every request")
      } else {
        methods.append(method)
      }
    }
    return methods.count == entries.count ? methods : nil
  }
}
