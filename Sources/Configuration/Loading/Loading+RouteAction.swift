import Bytes
import HTTP
import JSON

extension Loading {
  /// Reads the end of a route: exactly one of `upstream`, `respond` and `redirect`.
  func action(_ reader: ObjectReader, in gateway: GatewayConfiguration, names: [String]?) -> RouteAction? {
    let ends = ["upstream", "respond", "redirect"].filter { reader[$0] != nil }
    guard ends.count == 1 else {
      if ends.count > 1 {
        let listed = ends.map { "'\($0)'" }.joined(separator: " and ")
        error(
          at: reader.place(of: ends[1]),
          "a route has one of 'upstream', 'respond' and 'redirect', this one has \(listed)")
      } else {
        error(at: reader.location, "a route needs one of 'upstream', 'respond' and 'redirect'")
      }
      return nil
    }
    if let value = reader["upstream"] { return forward(value, to: gateway.upstreams, names: names) }
    if let value = reader["respond"] { return respond(value).map(RouteAction.respond) }
    return reader["redirect"].flatMap(redirect).map(RouteAction.respond)
  }

  private func forward(_ value: LocatedJSON, to upstreams: [UpstreamConfiguration], names: [String]?) -> RouteAction? {
    if case .list = value.content {
      notSupported("a list of upstreams", at: value.location)
      return nil
    }
    guard let name = nonEmptyString(value) else { return nil }
    if let index = upstreams.firstIndex(where: { $0.name.value == name.value }) { return .forward(upstream: index) }
    // One that is there but wrong has been reported at its own place.
    if let names, !names.contains(name.value) {
      let isAddress = name.value.contains(":") || name.value.contains("/")
      let hint =
        isAddress
        ? ": a route names a service, whose servers stand in 'upstreams'"
        : Suggestion.nearest(to: name.value, among: names).map { "; did you mean '\($0)'?" } ?? ""
      error(at: name.location, "there is no upstream '\(name.value)'\(hint)")
    }
    return nil
  }

  private func respond(_ value: LocatedJSON) -> FixedResponse? {
    guard let reader = object(value, .respond) else { return nil }
    let status = integer(required("status", of: reader), in: 200...599)
    var fields = fieldLines(reader["headers"], for: .responseEdit)
    var body: [UInt8] = []
    var type: String?
    switch (reader["body"], reader["json"]) {
    case (.some, .some): error(at: reader.place(of: "json"), "an answer has 'body' or 'json', not both")
    case (let text?, nil):
      if case .object = text.content {
        error(at: text.location, "expected a string, found an object; 'json' takes any value")
      } else {
        body = Array((string(text)?.value ?? "").utf8)
      }
      type = "text/plain; charset=utf-8"
    case (nil, let json?):
      var buffer = ByteBuffer(capacity: 256)
      buffer.appendJSON(json.value)
      body = buffer.readable.array
      type = "application/json"
    case (nil, nil): break
    }
    guard let status else { return nil }
    if !body.isEmpty, status == 204 || status == 205 || status == 304 {
      error(
        at: reader.place(of: reader["body"] != nil ? "body" : "json"), "an answer with status \(status) has no body")
    }
    if let type, !fields.contains(where: { SameFieldName.matches($0.name, "Content-Type") }) {
      fields.insert(Field(name: "Content-Type", value: type), at: 0)
    }
    return FixedResponse(status: status, fields: fields, body: body)
  }

  private func redirect(_ value: LocatedJSON) -> FixedResponse? {
    guard let reader = object(value, .redirect) else { return nil }
    var status: Int? = 302
    if let value = reader["status"] {
      status = integer(value, in: 300...399)
      if let found = status, ![301, 302, 303, 307, 308].contains(found) {
        error(at: value.location, "expected 301, 302, 303, 307 or 308")
      }
    }
    guard let location = nonEmptyString(required("location", of: reader)) else { return nil }
    guard location.value.utf8.allSatisfy({ 0x21...0x7E ~= $0 && $0 != UInt8(ascii: "\\") }) else {
      error(at: location.location, "a location is a URL: visible ASCII characters, others percent-encoded")
      return nil
    }
    return status.map { FixedResponse(status: $0, fields: [Field(name: "Location", value: location.value)]) }
  }
}
