/** One row of a table of schema.sql, by column name. */
export type Row = Readonly<Record<string, string | number | boolean | null>>;

/** Rows by table, in an order that foreign keys allow. */
export type ShopData = Readonly<Record<string, readonly Row[]>>;

const given = ['Ada', 'Ben', 'Cleo', 'Dara', 'Emil', 'Fay', 'Gus', 'Hana', 'Ivo', 'June', 'Kit', 'Lena', 'Milo', 'Nia', 'Otto', 'Pia', 'Quin', 'Rosa', 'Sami', 'Tess'];
const family = ['Alder', 'Birch', 'Cedar', 'Dogwood', 'Elm', 'Fir', 'Ginkgo', 'Hazel', 'Ironwood', 'Juniper', 'Kapok', 'Larch', 'Maple', 'Nutmeg', 'Oak', 'Pine'];
const cities = ['Northfield', 'Eastmere', 'Southport', 'Westbrook', 'Middleham'];
const things = ['Kettle', 'Lamp', 'Chair', 'Notebook', 'Scarf', 'Bowl', 'Clock', 'Basket'];
const looks = ['Blue', 'Small', 'Oak', 'Folding', 'Plain'];
const paths = ['/', '/products', '/cart', '/checkout', '/account'];
const statuses = ['cart', 'placed', 'paid', 'shipped', 'delivered', 'delivered', 'delivered', 'cancelled'];

const counts = { customers: 120, orders: 300, visits: 200, keys: 30 };
const firstOrder = Date.UTC(2025, 0, 6, 9);
const hour = 3_600_000; // ms

/** The same rows at every call: tests and the demo speak of them by id. */
export function shopData(): ShopData {
  const random = mulberry32(20_250_106);
  const below = (limit: number): number => Math.floor(random() * limit);
  const pick = (from: readonly string[]): string => from[below(from.length)] ?? '';
  const hex = (length: number): string => Array.from({ length }, () => below(16).toString(16)).join('');
  const digits = (length: number): string => Array.from({ length }, () => below(10)).join('');

  const customers = range(counts.customers).map((id) => {
    // Twenty given names and sixteen family names, walked so that no pair comes twice within a customer list of this length.
    const name = `${given[id % given.length] ?? ''} ${family[(id + Math.floor(id / given.length)) % family.length] ?? ''}`;
    return {
      id, name, email: `${name.toLowerCase().replace(' ', '.')}${id}@example.com`, phone: `+1 202 555 01${String(id % 100).padStart(2, '0')}`,
      ssn: `9${digits(2)}-${String(10 + (id % 40))}-${String(1000 + id * 7)}`, birth_date: new Date(Date.UTC(1950 + below(55), below(12), 1 + below(28))).toISOString().slice(0, 10),
      active: id % 9 !== 0, created_at: at(-below(9000)),
    };
  });
  const addresses = customers.flatMap((customer) => range(customer.id % 4 === 0 ? 2 : 1).map(() => ({ customer_id: customer.id, street: `${1 + below(180)} ${pick(family)} Street`, city: pick(cities), postcode: digits(5), country: 'US' })));
  const products = things.flatMap((thing) => looks.map((look) => ({ sku: `${thing.slice(0, 3)}-${look.slice(0, 3)}`.toUpperCase(), name: `${look} ${thing.toLowerCase()}`, price: (3 + below(9000) / 100).toFixed(2), stock: below(200) })))
    .map((product, index) => ({ id: index + 1, ...product }));
  const orders = range(counts.orders).map((id) => ({ id, customer_id: 1 + below(counts.customers), invoice_number: 10_000 + id, status: pick(statuses), placed_at: at(id * 40 + below(40)) }));
  const items = orders.flatMap((order) => {
    const first = below(products.length);
    return range(1 + below(3)).map((n) => {
      const product = products[(first + n * 7) % products.length];
      return { order_id: order.id, product_id: product?.id ?? 1, quantity: 1 + below(4), unit_price: product?.price ?? '1.00' };
    });
  });
  const payments = orders.filter(({ status }) => ['paid', 'shipped', 'delivered'].includes(status)).map((order) => ({
    order_id: order.id, card_number: luhn(`400000${digits(9)}`), card_holder: customers[order.customer_id - 1]?.name ?? '',
    amount: items.filter(({ order_id }) => order_id === order.id).reduce((sum, item) => sum + item.quantity * Number(item.unit_price), 0).toFixed(2), paid_at: order.placed_at,
  }));
  return {
    customers, addresses, products, orders, order_items: items, payments,
    api_keys: range(counts.keys).map((id) => ({ customer_id: id * 4, label: pick(['warehouse', 'reports', 'till']), secret: `shopkey_${hex(40)}`, expires_at: id % 3 === 0 ? null : at(20_000) })),
    visits: range(counts.visits).map((id) => ({ at: at(id * 60), customer_id: id % 5 === 0 ? null : 1 + below(counts.customers), path: pick(paths), address: `192.0.2.${below(256)}` })),
  };
}

function at(hours: number): string {
  return new Date(firstOrder + hours * hour).toISOString();
}

function range(length: number): readonly number[] {
  return Array.from({ length }, (_, index) => index + 1);
}

/** Fifteen digits and their check digit, so that a card number looks like one (ISO/IEC 7812-1, annex B). */
function luhn(body: string): string {
  const sum = Array.from(body, Number).reduce((total, digit, index) => total + (index % 2 === 0 ? (digit * 2) % 10 + Math.floor(digit / 5) : digit), 0);
  return `${body}${(10 - (sum % 10)) % 10}`;
}

/** A small generator with a seed (Tommy Ettinger's mulberry32, public domain): numbers in [0, 1). */
export function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
