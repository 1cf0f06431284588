import Configuration
import JSON

/// The keys of the configuration that are read, and have no effect in this version: what would be served otherwise than it says is
/// refused.
enum UnservedKeys {
  static func check(_ configuration: GatewayConfiguration) -> [Diagnostic] {
    var found: [(key: String, place: SourceLocation)] = []
    for listener in configuration.listeners {
      if listener.redirect != nil { found.append(("redirect", listener.address.location)) }
    }
    return found.map { configuration.error(at: $0.place, "'\($0.key)' is not supported yet by this version") }
  }
}
