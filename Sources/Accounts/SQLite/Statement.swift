import CSQLite

/// A prepared statement; used under the same lock as its connection.
@safe
final class Statement {
  // SAFETY: prepared by the connection, which is kept alive; finalised in deinit.
  private let handle: OpaquePointer
  private let connection: Connection

  /// The value of a `?` in the statement.
  enum Value {
    case integer(Int64)
    case text(String)
    case blob([UInt8])
    case null

    /// The text, or NULL for none.
    static func optional(_ text: String?) -> Value { text.map { .text($0) } ?? .null }

    /// The number, or NULL for none.
    static func optional(_ number: Int64?) -> Value { number.map { .integer($0) } ?? .null }
  }

  @unsafe
  init(owning handle: OpaquePointer, of connection: Connection) {
    unsafe self.handle = handle
    self.connection = connection
  }

  deinit { unsafe sqlite3_finalize(handle) }

  /// Runs the statement for its effect; how many rows it has changed.
  @discardableResult
  func run(_ values: Value...) throws(AccountsError) -> Int {
    defer { reset() }
    try bind(values)
    while try step() {}
    return connection.changeCount
  }

  /// Runs the statement and gives what `read` makes of each row.
  func rows<Row>(_ values: Value..., read: (borrowing Statement) -> Row) throws(AccountsError) -> [Row] {
    defer { reset() }
    try bind(values)
    var rows: [Row] = []
    while try step() { rows.append(read(self)) }
    return rows
  }

  /// The integer in a column of the current row, from 0.
  func integer(_ column: Int32) -> Int64 { unsafe sqlite3_column_int64(handle, column) }

  /// The text in a column of the current row, from 0; empty for NULL.
  func text(_ column: Int32) -> String {
    guard let bytes = unsafe sqlite3_column_text(handle, column) else { return "" }
    let count = Int(unsafe sqlite3_column_bytes(handle, column))
    // SAFETY: SQLite keeps that many bytes there until the next step.
    return unsafe String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
  }

  /// True if the column of the current row, from 0, is NULL.
  func isNull(_ column: Int32) -> Bool { unsafe sqlite3_column_type(handle, column) == SQLITE_NULL }

  /// The text in a column of the current row, from 0; nil for NULL.
  func optionalText(_ column: Int32) -> String? { isNull(column) ? nil : text(column) }

  /// The integer in a column of the current row, from 0; nil for NULL.
  func optionalInteger(_ column: Int32) -> Int64? { isNull(column) ? nil : integer(column) }

  /// The bytes in a column of the current row, from 0; nil for NULL.
  func blob(_ column: Int32) -> [UInt8]? {
    guard !isNull(column) else { return nil }
    guard let bytes = unsafe sqlite3_column_blob(handle, column) else { return [] }
    let count = Int(unsafe sqlite3_column_bytes(handle, column))
    // SAFETY: SQLite keeps that many bytes there until the next step.
    return unsafe Array(UnsafeRawBufferPointer(start: bytes, count: count))
  }

  private func bind(_ values: [Value]) throws(AccountsError) {
    var index: Int32 = 0
    for value in values {
      index += 1
      let code =
        switch value {
        case .integer(let number): unsafe sqlite3_bind_int64(handle, index, number)
        case .text(let text): unsafe csqlite_bind_text(handle, index, text, Int32(clamping: text.utf8.count))
        case .blob(let bytes):
          unsafe bytes.withUnsafeBytes {
            unsafe csqlite_bind_blob(handle, index, $0.baseAddress, Int32(clamping: $0.count))
          }
        case .null: unsafe sqlite3_bind_null(handle, index)
        }
      guard code == SQLITE_OK else { throw connection.failure(code) }
    }
  }

  private func step() throws(AccountsError) -> Bool {
    let code = unsafe sqlite3_step(handle)
    switch code {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    default: throw connection.failure(code)
    }
  }

  private func reset() {
    // Its result is that of the last step, which was looked at.
    unsafe sqlite3_reset(handle)
    unsafe sqlite3_clear_bindings(handle)
  }
}
