/// The members of a JSON object, in the order in which they were written, no name twice.
package struct JSONObject: Sendable {
  package struct Member: Sendable {
    package let name: String
    package let value: JSONValue

    package init(name: String, value: JSONValue) {
      self.name = name
      self.value = value
    }
  }

  /// The members in the order of the text.
  package private(set) var members: [Member]

  /// An object without members.
  package init() { members = [] }

  /// For the reader, which has made sure that no name stands twice.
  init(uniqueMembers: [Member]) { members = uniqueMembers }

  package var isEmpty: Bool { members.isEmpty }
  package var count: Int { members.count }

  /// The value of the member with exactly that name, nil if there is none; setting replaces, appends or, with nil, removes.
  package subscript(name: String) -> JSONValue? {
    get {
      // Through a span, which leaves the reference counts of what it passes alone.
      let members = members.span
      for place in members.indices where members[place].name.equalsExactly(name) { return members[place].value }
      return nil
    }
    set {
      let place = members.firstIndex { $0.name.equalsExactly(name) }
      switch (place, newValue) {
      case (let place?, let value?): members[place] = Member(name: name, value: value)
      case (let place?, nil): members.remove(at: place)
      case (nil, let value?): members.append(Member(name: name, value: value))
      case (nil, nil): break
      }
    }
  }
}

extension JSONObject: Equatable {
  package static func == (left: JSONObject, right: JSONObject) -> Bool {
    left.count == right.count && left.members.allSatisfy { right[$0.name] == $0.value }
  }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
  package init(dictionaryLiteral elements: (String, JSONValue)...) {
    self.init()
    for (name, value) in elements { self[name] = value }
  }
}
