import {
  defineMessage,
  message,
  required,
  type Field,
  type Message,
  type RequiredField,
} from "./message.ts";
import { int, int32, string } from "./scalars.ts";

interface Entry<V> extends Message {
  key: string | number;
  value: V;
}

/**
 * A map from texts, as an object: the form that protobuf's JSON gives it. The objects that are read
 * have no prototype, so that no key means anything of its own.
 *
 * @param value the field of an entry's value, with number 2.
 * @param numbered whether keys are small unsigned integers, which are texts in the objects.
 */
export function map<V>(
  id: number,
  value: RequiredField<V>,
  numbered = false,
): Field<Record<string, V>> {
  const key = numbered ? required(int(1), () => 0) : required(string(1), () => "");
  const entry = defineMessage<Entry<V>>({
    key: key as RequiredField<string | number>,
    // What a field is required for depends on V, which TypeScript cannot resolve here.
    value: value as never,
  });
  const one = message(id, () => entry);
  return {
    id,
    read(reader, wire, current = Object.create(null) as Record<string, V>) {
      const read = one.read(reader, wire, undefined);
      current[read.key] = read.value;
      return current;
    },
    write(writer, values) {
      for (const [key, each] of Object.entries(values).toReversed()) {
        one.write(writer, { key: numbered ? Number(key) : key, value: each });
      }
    },
  };
}

/**
 * An enum by the names of its values, as protobuf's JSON writes it.
 *
 * @param numbers the number of each name.
 */
export function choice<Name extends string>(
  id: number,
  numbers: Readonly<Record<Name, number>>,
): Field<Name> {
  const number = int32(id);
  const names = new Map(Object.entries(numbers).map(([name, value]) => [value, name as Name]));
  return {
    id,
    read(reader, wire) {
      const value = number.read(reader, wire, undefined);
      const name = names.get(value);
      if (name === undefined) throw reader.invalid(`field ${id} has the unknown value ${value}`);
      return name;
    },
    write(writer, name) {
      number.write(writer, numbers[name]);
    },
  };
}
