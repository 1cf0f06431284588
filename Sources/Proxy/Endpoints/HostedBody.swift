import Bytes
import HTTP
import JSON
import Policy
import Transport

/// Why the body of a request to a hosted endpoint is not taken.
struct BodyRefusal: Error, Sendable {
  let reason: RejectionReason
  /// Which rule it breaks, in a sentence.
  var details: String?
  /// When it is worth while to come again, in seconds, where the reason does not say.
  var retryAfter: Int?
}

/// The body of `/register` and `/login`: a JSON object with two strings, whatever else is in it.
struct Credentials {
  let username: String
  let password: String

  /// - Throws: what is wrong with the body, in words.
  init(_ body: Span<UInt8>) throws(BodyRefusal) {
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONReader.parse(body, limits: .body)
    } catch {
      let place = "line \(error.location.line), column \(error.location.column)"
      throw BodyRefusal(reason: .invalidBody, details: "The body is not JSON: \(error.message), at \(place).")
    }
    guard let object = value.object else {
      throw BodyRefusal(reason: .invalidBody, details: "The body must be a JSON object, not \(value.kind).")
    }
    username = try Self.string("username", in: object)
    password = try Self.string("password", in: object)
  }

  private static func string(_ name: String, in object: JSONObject) throws(BodyRefusal) -> String {
    guard let value = object[name] else {
      throw BodyRefusal(reason: .invalidBody, details: "The body has no '\(name)'.")
    }
    guard let text = value.string else {
      throw BodyRefusal(reason: .invalidBody, details: "'\(name)' must be a string, not \(value.kind).")
    }
    return text
  }
}

extension RequestHead {
  /// Whether the body is said to be JSON, as it is: `application/json`, with any parameters, in no coding.
  var isForJSON: Bool {
    guard let line = try? fields.single(.contentType) else { return false }
    let value = fields.value(at: line)
    let type = value.extracting(first: value.firstIndex(of: UInt8(ascii: ";")) ?? value.count).trimmed
    let coding: StaticString = "content-encoding"
    return type.equalsIgnoringCase("application/json") && fields.first(named: Array("\(coding)".utf8).span) == nil
  }
}
