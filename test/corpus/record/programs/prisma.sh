set -e
mkdir -p prisma-work && cp schema.prisma prisma-work/ && cp prisma.mjs prisma-work/
cat > prisma-work/prisma.config.ts <<'C'
export default { schema: 'schema.prisma', datasource: { url: process.env.DATABASE_URL } };
C
cd prisma-work
[ -d generated ] || PRISMA_SCHEMA_ENGINE_BINARY=/bin/true ../node_modules/.bin/prisma generate --schema schema.prisma
node prisma.mjs
