package import HTTP

/// The fields of what hosted endpoints answer.
package enum EndpointFields {
  package static let answer: FieldBlock = {
    var fields = FieldBlock()
    _ = fields.append(name: "Content-Type", value: "application/json")
    // Tokens, and whose they are, are not for caches.
    _ = fields.append(name: "Cache-Control", value: "no-store")
    return fields
  }()

  /// Those of an answer without content.
  package static let nothing: FieldBlock = {
    var fields = FieldBlock()
    _ = fields.append(name: "Cache-Control", value: "no-store")
    return fields
  }()

  package static let document: FieldBlock = {
    var fields = FieldBlock()
    _ = fields.append(name: "Content-Type", value: "application/json")
    _ = fields.append(name: "Cache-Control", value: "public, max-age=\(KeyDocuments.maxAge)")
    return fields
  }()
}
