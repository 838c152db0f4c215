import { PrismaPg } from '@prisma/adapter-pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { getPrismaClientClass } from './prisma/client.generated.ts';
import { expectSame } from './support/same.ts';
import { type Side, type Sides, startSides } from './support/sides.ts';

let sides: Sides;
beforeAll(async () => { sides = await startSides(); });
afterAll(async () => { await sides.stop(); });

const PrismaClient = getPrismaClientClass();
type Shop = InstanceType<typeof PrismaClient>;

async function connected<T>({ url }: Side, work: (prisma: Shop) => Promise<T>): Promise<T> {
  const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: url, max: 3 }) });
  try {
    return await work(prisma);
  } finally {
    await prisma.$disconnect();
  }
}

async function failure(work: Promise<unknown>): Promise<unknown> {
  const error = await work.then(() => undefined, (reason: unknown) => reason);
  if (!(error instanceof Error)) return error;
  return { name: error.name, code: 'code' in error ? error.code : undefined, meta: JSON.stringify('meta' in error ? error.meta : undefined), message: error.message.split('\n').at(-1) };
}

test('findMany with what belongs to it, filters, pages, counts', async () => {
  const seen = await expectSame(sides, (side) => connected(side, async (prisma) => [
    await prisma.customer.findMany({ where: { id: { in: [1n, 2n, 3n] } }, orderBy: { id: 'asc' }, include: { orders: { orderBy: { id: 'asc' }, include: { items: { include: { product: true } } } } } }),
    await prisma.customer.findMany({ where: { name: { contains: 'ald', mode: 'insensitive' }, orders: { some: { status: { in: ['paid', 'shipped'] } } } }, select: { id: true, name: true, _count: { select: { orders: true } } }, orderBy: { id: 'asc' } }),
    await prisma.order.findMany({ cursor: { id: 40n }, skip: 1, take: 5, orderBy: { id: 'asc' } }),
    await prisma.customer.findUnique({ where: { email: 'nobody@example.com' } }),
    await prisma.customer.findFirstOrThrow({ where: { birthDate: { lt: new Date('1960-01-01') } }, orderBy: { id: 'desc' } }),
    await prisma.order.groupBy({ by: ['status'], _count: true, _min: { id: true }, orderBy: { status: 'asc' } }),
    await prisma.product.aggregate({ _avg: { price: true }, _sum: { stock: true }, _max: { name: true } }),
    await prisma.customer.count({ where: { active: true } }),
  ]));
  expect(seen[0]).toHaveLength(3);
});

test('create, nested create, update, upsert, delete', async () => {
  await expectSame(sides, (side) => connected(side, async (prisma) => {
    const { createdAt: _, ...made } = await prisma.customer.create({ data: { name: 'Prisma Pine', email: 'prisma@example.com', birthDate: new Date('1990-05-06') } });
    const order = await prisma.order.create({
      data: { customer: { connect: { email: 'prisma@example.com' } }, status: 'placed', placedAt: new Date(0), items: { create: [{ quantity: 2, unitPrice: '4.50', product: { connect: { id: 1n } } }] } },
      include: { items: true },
    });
    const many = await prisma.product.createManyAndReturn({ data: [{ sku: 'P-1', name: 'p', price: '1.25' }, { sku: 'P-2', name: 'q', price: 2 }] });
    const put = [await prisma.product.upsert({ where: { sku: 'P-1' }, create: { sku: 'P-1', name: 'new', price: 1 }, update: { stock: { increment: 5 } } }), await prisma.product.upsert({ where: { sku: 'P-3' }, create: { sku: 'P-3', name: 'new', price: 1 }, update: {} })];
    const changed = await prisma.product.updateMany({ where: { sku: { in: ['P-1', 'P-2', 'P-3'] } }, data: { stock: { multiply: 2 } } });
    const gone = [await prisma.product.deleteMany({ where: { sku: { in: ['P-1', 'P-2', 'P-3'] } } }), await prisma.customer.delete({ where: { email: 'prisma@example.com' }, select: { name: true } })];
    return [made, order, many, put, changed, gone];
  }));
});

test('transactions, of a list and interactive, and what fails in them', async () => {
  await expectSame(sides, (side) => connected(side, async (prisma) => {
    const list = await prisma.$transaction([prisma.product.update({ where: { id: 2n }, data: { stock: 77 }, select: { stock: true } }), prisma.product.findUnique({ where: { id: 2n }, select: { stock: true } })]);
    const moved = await prisma.$transaction(async (tx) => {
      await tx.product.update({ where: { id: 2n }, data: { stock: { decrement: 7 } } });
      return await tx.product.findMany({ where: { id: { lte: 3n } }, select: { stock: true }, orderBy: { id: 'asc' } });
    }, { isolationLevel: 'Serializable' });
    const undone = await failure(prisma.$transaction(async (tx) => {
      await tx.customer.delete({ where: { id: 11n } });
      throw new Error('changed my mind');
    }));
    return [list, moved, undone, await prisma.customer.count(),
      await failure(prisma.customer.create({ data: { name: 'x', email: 'x@example.com', ssn: '900-11-1007' } })),
      await failure(prisma.product.create({ data: { sku: 'P-9', name: 'x', price: -1 } })),
      await failure(prisma.customer.update({ where: { id: 99_999n }, data: { name: 'x' } })),
      await failure(prisma.product.delete({ where: { id: 1n } }))];
  }));
});

test('a pattern picks rows out, or is held, by what its parameter is', async () => {
  await expectSame(sides, (side) => connected(side, (prisma) => prisma.product.updateMany({ where: { sku: { startsWith: 'PV-' } }, data: { stock: 7 } })));
  const held = await connected(sides.gate, (prisma) => failure(prisma.product.updateMany({ where: { sku: { startsWith: 'P-' } }, data: { stock: 0 } })));
  expect(held).toMatchObject({ message: expect.stringContaining('held for approval by one of data-owners: update `table:public.products`, how much cannot be told') as string });
});

test('raw queries', async () => {
  await expectSame(sides, (side) => connected(side, async (prisma) => [
    await prisma.$queryRaw`SELECT id, name, birth_date, active FROM customers WHERE id = ${5n}`,
    await prisma.$queryRawUnsafe('SELECT status::text, count(*) FROM orders WHERE customer_id = $1 GROUP BY 1 ORDER BY 1', 5),
    await prisma.$executeRaw`UPDATE products SET stock = ${9} WHERE sku = ${'BOW-BLU'}`,
    await prisma.$queryRaw`SELECT customer_spend(${3n}) AS spend, ARRAY[1, 2] AS list, '{"a": 1}'::jsonb AS json, now() > '2020-01-01' AS now`,
    await failure(prisma.$queryRaw`SELECT 1 / 0`),
  ]));
});
