import Bytes
package import Configuration
package import HTTP
import JSON
package import Policy
import Tokens
package import Transport

/// A line for each exchange, gathered in a buffer and handed to the log's thread when that is full or a moment has passed.
///
/// A request costs the writing of its line and nothing else: no system call, no lock. Confined to its worker.
///
/// Every text from outside, in whichever field, has its tokens left out and its control characters escaped before it is written.
package final class AccessLog {
  private let sink: ByteSink
  private let format: AccessLogFormat
  private var buffer: ByteBuffer
  private static let flushSize = 32 * 1024

  package init(to sink: ByteSink, format: AccessLogFormat) {
    self.sink = sink
    self.format = format
    buffer = ByteBuffer(capacity: Self.flushSize + 4096)
  }

  /// Hands over what was gathered.
  package func flush() {
    if !buffer.isEmpty { sink.write(&buffer) }
  }

  /// Notes an exchange.
  package func write(
    _ record: ExchangeRecord, _ head: borrowing RequestHead, _ peer: Peer, at now: MonotonicTime, texts: DateCache,
    policy: Policy
  ) {
    let client = policy.trustedProxies.clientAddress(of: head, from: peer)
    switch format {
    case .json: writeJSON(record, head, client, at: now, texts, policy)
    case .combined: writeCombined(record, head, client, texts, policy)
    }
    if buffer.count >= Self.flushSize { flush() }
  }

  /// Notes a request whose head could not be read: nothing of it is worth repeating.
  package func writeUnread(_ record: ExchangeRecord, _ peer: Peer, at now: MonotonicTime, texts: DateCache) {
    switch format {
    case .json:
      beginJSON(record, ClientAddress(of: peer), texts)
      endJSON(record, at: now)
    case .combined:
      beginCombined(record, ClientAddress(of: peer), texts)
      buffer.append("\"-\" ")
      endCombined(record)
      buffer.append(" \"-\" \"-\"\n")
    }
    if buffer.count >= Self.flushSize { flush() }
  }

  // MARK: JSON lines

  private func writeJSON(
    _ record: ExchangeRecord, _ head: borrowing RequestHead, _ client: ClientAddress, at now: MonotonicTime,
    _ texts: DateCache, _ policy: Policy
  ) {
    beginJSON(record, client, texts)
    buffer.append(",\"method\":")
    buffer.appendJSON(string: head.method.text)
    buffer.append(",\"host\":")
    appendString(head.authority)
    buffer.append(",\"path\":\"")
    appendTarget(head, policy)
    buffer.append("\"")
    if let route = record.route {
      buffer.append(",\"route\":")
      buffer.appendJSON(string: route.name)
    }
    if let identity = record.identity {
      buffer.append(",\"user\":")
      appendString(identity.userText)
    } else if let account = record.account {
      append(account)
    }
    if let line = head.fields.first(.userAgent) {
      buffer.append(",\"user_agent\":")
      appendString(head.fields.value(at: line))
    }
    endJSON(record, at: now)
  }

  private func append(_ account: ExchangeRecord.AccountMention) {
    switch account {
    case .user(let name):
      buffer.append(",\"user\":")
      appendString(name.utf8Span.span)
    case .login(let name):
      buffer.append(",\"login\":")
      appendString(name.utf8Span.span)
    }
  }

  private func beginJSON(_ record: ExchangeRecord, _ client: ClientAddress, _ texts: DateCache) {
    buffer.append("{\"time\":\"")
    buffer.append(texts.iso8601.span)
    buffer.append("\",\"request_id\":\"")
    appendID(of: record)
    buffer.append("\",\"client\":")
    buffer.appendJSON(string: client.text(ofLocal: "unix"))
  }

  private func endJSON(_ record: ExchangeRecord, at now: MonotonicTime) {
    buffer.append(",\"status\":")
    buffer.append(decimal: record.status)
    buffer.append(",\"bytes\":")
    buffer.append(decimal: Int(clamping: record.sentBytes))
    buffer.append(",\"duration_ms\":")
    append(milliseconds: now.nanoseconds - record.began.nanoseconds)
    if !record.upstream.isEmpty {
      buffer.append(",\"upstream\":")
      buffer.appendJSON(string: record.upstream)
    }
    if let nanoseconds = record.upstreamNanoseconds {
      buffer.append(",\"upstream_ms\":")
      append(milliseconds: nanoseconds)
    }
    if let reason = record.reason {
      buffer.append(",\"reason\":\"")
      buffer.append(reason.word)
      buffer.append("\"")
    }
    if let tunnel = record.tunnel {
      buffer.append(",\"received_bytes\":")
      buffer.append(decimal: Int(clamping: tunnel.receivedBytes))
      buffer.append(",\"ended_by\":\"")
      buffer.append(tunnel.ending.word)
      buffer.append("\"")
    }
    if record.isBrokenOff { buffer.append(",\"broken_off\":true") }
    buffer.append("}\n")
  }

  // MARK: The combined format

  private func writeCombined(
    _ record: ExchangeRecord, _ head: borrowing RequestHead, _ client: ClientAddress, _ texts: DateCache,
    _ policy: Policy
  ) {
    beginCombined(record, client, texts)
    buffer.append("\"")
    head.method.write(to: &buffer)
    buffer.append(" ")
    appendTarget(head, policy)
    buffer.append(head.version == .http11 ? " HTTP/1.1\" " : " HTTP/1.0\" ")
    endCombined(record)
    appendReferer(of: head, policy)
    buffer.append(" \"")
    if let line = head.fields.first(.userAgent) {
      append(head.fields.value(at: line))
    } else {
      buffer.append("-")
    }
    buffer.append("\"\n")
  }

  private func beginCombined(_ record: ExchangeRecord, _ client: ClientAddress, _ texts: DateCache) {
    buffer.append(text: client.text(ofLocal: "unix:"))
    buffer.append(" - ")
    if let identity = record.identity {
      appendColumn(identity.user)
    } else if case .user(let name) = record.account {
      appendColumn(name)
    } else {
      buffer.append("-")
    }
    buffer.append(" [")
    buffer.append(texts.commonLog.span)
    buffer.append("] ")
  }

  /// A name in a column of its own: percent-encoded where it could move the columns, or be taken for a missing one.
  private func appendColumn(_ user: String) {
    let name = TokenShape.masked(user).utf8
    let isNobody = name.elementsEqual("-".utf8)
    for byte in name {
      let isPlain = byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "%")
      if isPlain && !isNobody {
        buffer.append(byte)
      } else {
        buffer.append("%")
        buffer.append(hexadecimal: UInt64(byte), width: 2)
      }
    }
  }

  private func endCombined(_ record: ExchangeRecord) {
    buffer.append(decimal: record.status)
    buffer.append(" ")
    buffer.append(decimal: Int(clamping: record.sentBytes))
  }

  /// Appends `Referer`, the address of a page, which may hold a token as well as the request's own target.
  private func appendReferer(of head: borrowing RequestHead, _ policy: Policy) {
    buffer.append(" \"")
    if let line = head.fields.first(.referer) {
      let value = head.fields.value(at: line)
      let end = value.firstIndex(of: UInt8(ascii: "?")) ?? value.count
      append(value.extracting(first: end))
      if end < value.count { appendQuery(value.extracting(droppingFirst: end + 1), policy) }
    } else {
      buffer.append("-")
    }
    buffer.append("\"")
  }

  // MARK: Parts

  /// The path, and the query without the values of parameters that may hold a token.
  private func appendTarget(_ head: borrowing RequestHead, _ policy: Policy) {
    append(head.target.path)
    if let query = head.target.query { appendQuery(query, policy) }
  }

  private func appendQuery(_ query: Span<UInt8>, _ policy: Policy) {
    var position = 0
    var separator: StaticString = "?"
    while let parameter = query.nextParameter(&position) {
      buffer.append(separator)
      separator = "&"
      if policy.tokenPlaces.mustRedact(parameter: query.extracting(parameter.name)) {
        buffer.appendJSON(escaping: query.extracting(parameter.name))
        buffer.append("=")
        buffer.append(TokenShape.replacement)
      } else {
        append(query.extracting(parameter.whole))
      }
    }
  }

  /// The id as the request's peers know it; a trusted one may have made it of anything.
  private func appendID(of record: ExchangeRecord) {
    if let believed = record.believedID { append(believed.span) } else { record.appendID(to: &buffer) }
  }

  /// The text in quotes, without tokens.
  private func appendString(_ text: Span<UInt8>) {
    buffer.append("\"")
    append(text)
    buffer.append("\"")
  }

  /// The text as part of a JSON string, without what has the shape of a token.
  private func append(_ text: Span<UInt8>) {
    var start = 0
    while let token = TokenShape.next(in: text, from: start) {
      buffer.appendJSON(escaping: text.extracting(start..<token.lowerBound))
      buffer.append(TokenShape.replacement)
      start = token.upperBound
    }
    buffer.appendJSON(escaping: text.extracting(start..<text.count))
  }

  private func append(milliseconds nanoseconds: Int64) {
    let microseconds = Int(max(0, nanoseconds) / 1000)
    buffer.append(decimal: microseconds / 1000)
    buffer.append(".")
    let fraction = microseconds % 1000
    if fraction < 100 { buffer.append("0") }
    if fraction < 10 { buffer.append("0") }
    buffer.append(decimal: fraction)
  }
}

extension ClientAddress {
  /// The address, or a word for a client without one.
  fileprivate func text(ofLocal local: String) -> String {
    switch self {
    case .known(let address): address.description
    case .local: local
    case .unknown: "unknown"
    }
  }
}
