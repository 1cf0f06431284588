import Bytes

/// A JSON value (RFC 8259 §3), as read from a token, a body or the configuration.
///
/// Two values are equal if they mean the same: strings by their code points, with no Unicode normalisation; numbers as
/// ``JSONNumber`` compares them; objects whatever the order of their members.
package indirect enum JSONValue: Sendable, Equatable {
  case null
  case bool(Bool)
  case number(JSONNumber)
  case string(String)
  case array([JSONValue])
  case object(JSONObject)

  package static func == (left: JSONValue, right: JSONValue) -> Bool {
    switch (left, right) {
    case (.null, .null): true
    case (.bool(let a), .bool(let b)): a == b
    case (.number(let a), .number(let b)): a == b
    case (.string(let a), .string(let b)): a.equalsExactly(b)
    case (.array(let a), .array(let b)): a == b
    case (.object(let a), .object(let b)): a == b
    case (.null, _), (.bool, _), (.number, _), (.string, _), (.array, _), (.object, _): false
    }
  }
}

extension JSONValue {
  /// The text if it is a string.
  package var string: String? { if case .string(let text) = self { text } else { nil } }
  /// The flag if it is a boolean.
  package var bool: Bool? { if case .bool(let flag) = self { flag } else { nil } }
  /// The number if it is one.
  package var number: JSONNumber? { if case .number(let number) = self { number } else { nil } }
  /// The elements if it is an array.
  package var array: [JSONValue]? { if case .array(let elements) = self { elements } else { nil } }
  /// The members if it is an object.
  package var object: JSONObject? { if case .object(let object) = self { object } else { nil } }

  /// The kind of value with its article, for messages: "a string", "null".
  package var kind: String {
    switch self {
    case .null: "null"
    case .bool(let flag): flag ? "true" : "false"
    case .number: "a number"
    case .string: "a string"
    case .array: "a list"
    case .object: "an object"
    }
  }
}

extension String {
  /// Compares two texts by their code points.
  ///
  /// `==` takes strings of the same Unicode normal form for equal; identifiers are compared as they are written
  /// (RFC 7519 §2, StringOrURI), so that two names which another program tells apart are two names here.
  package func equalsExactly(_ other: String) -> Bool {
    utf8.count == other.utf8.count && utf8Span.span.equals(other.utf8Span.span)
  }
}
