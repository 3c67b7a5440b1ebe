/** Goes on with a value, at once where it is there: no turn of the event loop for what need not wait. */
export function chain<T, R>(
  value: T | Promise<T>,
  next: (value: T) => R | Promise<R>,
): R | Promise<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}
