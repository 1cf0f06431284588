package import Accounts
import Bytes
import JSON

/// Events as lines of JSON, for the audit file and the command line.
package enum EventLine {
  /// The line, without its end.
  package static func text(of event: AccountEvent) -> String {
    let seconds = Int(clamping: event.time / 1000)
    var object: JSONObject = [
      "time": .string(CalendarTime(unixSeconds: seconds).iso8601), "event": .string(event.kind),
    ]
    object["user"] = event.user.map(JSONValue.string) ?? .null
    object["by"] = .string(event.by)
    object["address"] = event.address.map(JSONValue.string) ?? .null
    object["session"] = event.session.map(JSONValue.string) ?? .null
    var text = ByteBuffer(capacity: 256)
    text.appendJSON(object)
    return text.readable.text
  }
}
