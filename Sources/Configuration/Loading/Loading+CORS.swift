import Bytes
import HTTP
import JSON

extension Loading {
  /// `cors` of the top level or of a route.
  func cors(_ value: LocatedJSON?) -> CORSConfiguration? {
    guard let value, let reader = object(value, .cors) else { return nil }
    let methods = reader["methods"].flatMap { self.methods($0) }
    let headers = names(reader["headers"], for: .permission)
    let expose = names(reader["expose"], for: .responseExposure)
    let credentials = bool(reader["credentials"])
    let maxAge = duration(reader["max_age"], in: .zero ... .seconds(86_400))
    guard let origins = origins(required("origins", of: reader)) else { return nil }
    var cors = CORSConfiguration(origins: origins)
    cors.methods = methods
    if let headers { cors.headers = headers }
    if let expose { cors.expose = expose }
    if let credentials { cors.credentials = credentials }
    if let maxAge, let value = reader["max_age"] {
      cors.maxAge = maxAge
      if maxAge.components.attoseconds != 0 { error(at: value.location, "a browser counts whole seconds") }
    }
    if cors.credentials && origins == .any {
      let place = reader["credentials"]?.location ?? reader.location
      error(at: place, "'credentials' for every origin would let any page act as the user; list the origins")
    }
    return cors
  }

  private func origins(_ value: LocatedJSON?) -> CORSOrigins? {
    guard let entries = nonEmptyList(value) else { return nil }
    var listed: [String] = []
    for word in words(entries) {
      if word.value == "*" {
        if entries.count == 1 { return .any }
        error(at: word.location, "\"*\" is every origin; it stands alone")
      } else if let problem = Self.problem(ofOrigin: word.value) {
        error(at: word.location, problem)
      } else {
        warnOfBreadth(of: word)
        listed.append(word.value)
      }
    }
    return listed.isEmpty ? nil : .listed(listed)
  }

  /// The reason why no browser writes the origin so (RFC 6454 §6.2); nil if browsers do.
  private static func problem(ofOrigin origin: String) -> String? {
    if origin == "null" { return "\"null\" is the origin of every sandboxed page and of files; it can't be trusted" }
    let parts = origin.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
    guard parts.count >= 3, parts[0].hasSuffix(":"), parts[0].utf8.count > 1, parts[1].isEmpty, !parts[2].isEmpty else {
      return "\"\(origin)\" is not an origin: write scheme and host, such as \"https://app.example.com\""
    }
    if parts.count > 3 {
      return "\"\(origin)\" is not an origin: write \"\(parts[0])//\(parts[2])\", without a path or final slash"
    }
    if origin != origin.asciiLowercased {
      return "\"\(origin)\" is not as browsers write it: write \"\(origin.asciiLowercased)\""
    }
    if let problem = problem(ofPort: parts[2], scheme: parts[0], in: origin) { return problem }
    if origin.contains("*") { return problem(ofPattern: parts[2], scheme: parts[0], in: origin) }
    let isHost = parts[2].utf8.allSatisfy {
      ASCII.isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_")
        || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "[") || $0 == UInt8(ascii: "]")
    }
    let isScheme = parts[0].utf8.dropLast().allSatisfy {
      ASCII.isAlphanumeric($0) || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
    }
    guard isHost, isScheme else {
      return "\"\(origin)\" is not an origin: write scheme and host, such as \"https://app.example.com\""
    }
    return nil
  }

  private static func problem(ofPort authority: String, scheme: String, in origin: String) -> String? {
    for (usual, port) in [("http:", ":80"), ("https:", ":443")] where scheme == usual && authority.hasSuffix(port) {
      return "\"\(origin)\" is not as browsers write it: leave out the default port"
    }
    return nil
  }

  /// The reason why `*.example.com`, with a port or without, stands for no origins; nil if it stands for some.
  private static func problem(ofPattern authority: String, scheme: String, in origin: String) -> String? {
    let wrong =
      "\"\(origin)\" is not an origin: a '*' stands for whole labels at the front of the host, as in \"https://*.example.com\""
    guard scheme == "http:" || scheme == "https:", authority.hasPrefix("*.") else { return wrong }
    let parts = authority.dropFirst(2).split(separator: ":", omittingEmptySubsequences: false)
    guard let host = parts.first, parts.count <= 2, hostName(String(host)) != nil else { return wrong }
    guard parts.count == 2 else { return nil }
    let isPort = parts[1].utf8.allSatisfy(ASCII.isDigit) && parts[1].utf8.first != UInt8(ascii: "0")
    guard isPort, let port = UInt16(parts[1]), port > 0 else {
      return "\"\(origin)\" is not an origin: a port is a number from 1 to 65535"
    }
    return nil
  }

  /// A pattern for every name below one like `com` lets nearly everybody in.
  private func warnOfBreadth(of origin: Located<String>) {
    guard origin.value.contains("*") else { return }
    let host = origin.value.split(separator: "*").last?.dropFirst().prefix { $0 != ":" } ?? ""
    if !host.contains("."), host != "localhost" {
      warning(at: origin.location, "\"\(origin.value)\" lists every site whose name ends in '.\(host)'")
    }
  }

  private func names(_ value: LocatedJSON?, for use: FieldUse) -> [String]? {
    guard let entries = list(value) else { return nil }
    var names: [String] = []
    for word in words(entries) {
      if word.value == "*" {
        error(at: word.location, "\"*\" is not understood by every browser; name the headers")
      } else if let name = fieldName(word.value, for: use, at: word.location) {
        names.append(name)
      }
    }
    return names
  }
}
