import Bytes
package import HTTP
import JSON
package import Policy

/// The reason for which the body of a request to a hosted endpoint is refused.
package struct BodyRefusal: Error, Sendable {
  package let reason: RejectionReason
  /// The rule that it breaks, in a sentence.
  package var details: String?
  /// The seconds of `Retry-After`, where the reason does not have them.
  package var retryAfter: Int?
  /// The number of requests that a limit admits, where it is one.
  package var limit: Int?

  package init(reason: RejectionReason, details: String? = nil, retryAfter: Int? = nil, limit: Int? = nil) {
    self.reason = reason
    self.details = details
    self.retryAfter = retryAfter
    self.limit = limit
  }
}

/// The body of a request to a hosted endpoint: a JSON object, whatever else is in it.
package struct HostedBody {
  private let object: JSONObject

  /// - Throws: what is wrong with the body, in words.
  package init(_ body: Span<UInt8>) throws(BodyRefusal) {
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
    self.object = object
  }

  /// A member that has to be a string.
  package func string(_ name: String) throws(BodyRefusal) -> String {
    guard let text = try optionalString(name) else {
      throw BodyRefusal(reason: .invalidBody, details: "The body has no '\(name)'.")
    }
    return text
  }

  /// A member that has to be a string if it is there.
  package func optionalString(_ name: String) throws(BodyRefusal) -> String? {
    guard let value = object[name] else { return nil }
    guard let text = value.string else {
      throw BodyRefusal(reason: .invalidBody, details: "'\(name)' must be a string, not \(value.kind).")
    }
    return text
  }
}

/// The body of `/register` and `/login`.
package struct Credentials {
  package let username: String
  package let password: String

  /// - Throws: what is wrong with the body, in words.
  package init(_ body: Span<UInt8>) throws(BodyRefusal) { try self.init(HostedBody(body)) }

  init(_ body: HostedBody) throws(BodyRefusal) {
    username = try body.string("username")
    password = try body.string("password")
  }
}

extension RequestHead {
  /// True if `Content-Type` says JSON (`application/json`, with any parameters) and no coding is applied.
  package var isForJSON: Bool {
    guard let line = try? fields.single(.contentType) else { return false }
    let value = fields.value(at: line)
    let type = value.extracting(first: value.firstIndex(of: UInt8(ascii: ";")) ?? value.count).trimmed
    let coding: StaticString = "content-encoding"
    return type.equalsIgnoringCase("application/json") && fields.first(named: Array("\(coding)".utf8).span) == nil
  }
}
