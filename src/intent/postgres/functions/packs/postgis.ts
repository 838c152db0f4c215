import { act, anyName, extentAt, textAt, thingAt, type Act, type Acts } from '../act.ts';
import type { BuiltinCall } from '../builtins.ts';
import { names } from '../names.ts';
import { all, named, opaque, readsTable, relationAt, type Pack } from './pack.ts';

/**
 * `AddGeometryColumn([[catalog,] schema,] table, column, srid, ...)` and `UpdateGeometrySRID` alike: the first number tells which of the three it is
 * (PostGIS manual, Table Management Functions).
 */
const altersGeometry: Acts = (call) => {
  const srid = call.args.findIndex((arg) => typeof arg === 'number');
  const table = srid < 2 || srid > 4 ? 0 : srid - 1;
  return [act('define', ...tableBefore(call, table))];
};

/** `DropGeometryColumn([[catalog,] schema,] table, column)`: all of them names. */
const dropsColumn: Acts = (call) => {
  const { length } = call.args;
  return [act('destroy', named('column', call, length === 4 ? 1 : 0, length).resource, { extent: 'all' })];
};

/** `DropGeometryTable([[catalog,] schema,] table)`. */
const dropsTable: Acts = (call) => [act('destroy', named('table', call, call.args.length === 3 ? 1 : 0, call.args.length).resource, { extent: 'all' })];

/** The table whose name ends before argument `end`, which a catalog's name and a schema may precede. */
function tableBefore(call: BuiltinCall, end: number): [Act['resource'], Pick<Act, 'extent'>] {
  const { resource, extent } = named('table', call, end === 3 ? 1 : 0, end);
  return [resource, { extent }];
}

/** `ST_FindExtent([schema,] table, column)`, and from statistics and indexes `ST_EstimatedExtent([schema,] table, column [, parent_only])`. */
const readsExtent: Acts = (call) => {
  const strings = call.args.filter((arg) => typeof arg !== 'boolean').length;
  const { resource } = named('table', call, 0, strings - 1);
  return [act('read', resource, { extent: 'all', columns: columnAt(call, strings - 1) })];
};
const readsStatistics: Acts = (call) => [act('read', relationAt('table', call, 0), { extent: 'all', columns: columnAt(call, 1), note: 'statistics hold values of the column' })];

function columnAt(call: BuiltinCall, index: number): Act['columns'] {
  const column = textAt(call, index);
  return column === undefined ? 'all' : [column];
}

/** Declared immutable, it makes a table (PostGIS manual, ST_FromFlatGeobufToTable). */
const makesTable: Acts = (call) => {
  const { resource, extent } = named('table', call, 0, 2);
  return [act('define', resource, { extent })];
};

const postgis: Pack = {
  // Functions in SQL for each combination of types, which call each other by names that all have: followed, ST_Buffer alone is too deep.
  bodies: 'trusted',
  harmless: `gettransactionid checkauthtrigger geography_analyze geometry_analyze st_clusterkmeans st_generatepoints st_symmetricdifference postgis_cache_bbox postgis_index_supportfn
    pgis_geometry_accum_transfn pgis_geometry_clusterintersecting_finalfn pgis_geometry_clusterwithin_finalfn pgis_geometry_collect_finalfn pgis_geometry_makeline_finalfn
    pgis_geometry_polygonize_finalfn gserialized_gist_joinsel_2d gserialized_gist_joinsel_nd gserialized_gist_sel_2d gserialized_gist_sel_nd
    geog_brin_inclusion_add_value geom2d_brin_inclusion_add_value geom3d_brin_inclusion_add_value geom4d_brin_inclusion_add_value
    geography_gist_compress geography_gist_consistent geography_gist_decompress geography_gist_distance geography_gist_penalty geography_gist_picksplit geography_gist_same
    geography_gist_union geometry_gist_compress_2d geometry_gist_compress_nd geometry_gist_consistent_2d geometry_gist_consistent_nd geometry_gist_decompress_2d
    geometry_gist_decompress_nd geometry_gist_distance_2d geometry_gist_distance_nd geometry_gist_penalty_2d geometry_gist_penalty_nd geometry_gist_picksplit_2d
    geometry_gist_picksplit_nd geometry_gist_same_2d geometry_gist_same_nd geometry_gist_sortsupport_2d geometry_gist_union_2d geometry_gist_union_nd`,
  hazards: [
    ...all('addgeometrycolumn updategeometrysrid', altersGeometry), ...all('dropgeometrycolumn', dropsColumn), ...all('dropgeometrytable', dropsTable),
    ...all('populate_geometry_columns', () => [act('define', { kind: 'table', path: [anyName], system: false }, { extent: 'unknown' })]),
    ...all('postgis_extensions_upgrade', () => [act('define', { kind: 'extension', path: ['postgis'], system: false })]),
    ...all('st_findextent st_estimatedextent', readsExtent), ...all('_postgis_index_extent _postgis_stats _postgis_selectivity _postgis_join_selectivity', readsStatistics),
    ...all('st_fromflatgeobuftotable', makesTable),
  ],
};

/** Names of pixel types (PostGIS manual, ST_BandPixelType). */
const pixelTypes = new Set(names('1BB 2BUI 4BUI 8BSI 8BUI 16BSI 16BUI 32BSI 32BUI 32BF 64BF'));

/** `ST_AddBand(rast, [index,] outdbfile, ...)` makes a band of a file of the server; in other forms a pixel type or another raster stands in its place. */
const addsBand: Acts = (call) => {
  if (call.args.length === 0) return readsAnyFile(call);
  const strings = call.args.slice(1, 3).filter((arg) => typeof arg !== 'number');
  if (strings.some((arg) => typeof arg === 'string' && pixelTypes.has(arg))) return [];
  const file = strings.find((arg) => typeof arg === 'string');
  return typeof file === 'string' ? [act('read', { kind: 'path', path: [file], system: false }, { extent: 'one', note: 'a file on the database server' })] : readsAnyFile(call);
};
const readsAnyFile: Acts = () => [act('read', { kind: 'path', path: [anyName], system: false }, { extent: 'unknown', note: 'a raster may name a file on the database server' })];

const altersRaster: Acts = () => [act('define', { kind: 'table', path: [anyName], system: false }, { extent: 'unknown', note: 'constraints of a raster column' })];
const makesOverview: Acts = (call) => [...readsTable(0)(call), act('define', { kind: 'table', path: [anyName], system: false }, { extent: 'one', note: 'a table of the overview' })];

const raster: Pack = {
  harmless: 'st_rotation st_setbandnodatavalue st_setvalue',
  // Over two hundred functions in SQL and PL/pgSQL, which call each other with functions of this extension by oid.
  bodies: 'trusted',
  hazards: [
    ...all('st_mapalgebra st_mapalgebraexpr st_mapalgebrafct st_mapalgebrafctngb _st_mapalgebra', opaque('an argument is an expression in SQL, or a function, which runs for each pixel')),
    ...all('st_valuecount _st_valuecount st_valuepercent', (call) => (call.args[0] === undefined ? [act('read', { kind: 'table', path: [anyName], system: false }, { extent: 'all', columns: 'all' })] : readsTable(0)(call))),
    ...all('st_retile', readsTable(0)), ...all('st_createoverview', makesOverview),
    ...all('st_addband', addsBand), ...all('st_setbandpath', (call) => [act('read', thingAt('path', call, 2), { extent: extentAt(call, 2), note: 'a file on the database server' })]),
    ...all('st_fromgdalraster', readsAnyFile),
    ...all('addrasterconstraints addoverviewconstraints droprasterconstraints dropoverviewconstraints updaterastersrid _updaterastersrid', altersRaster),
    ...all(`_add_overview_constraint _add_raster_constraint _add_raster_constraint_alignment _add_raster_constraint_blocksize _add_raster_constraint_coverage_tile _add_raster_constraint_extent
      _add_raster_constraint_nodata_values _add_raster_constraint_num_bands _add_raster_constraint_out_db _add_raster_constraint_pixel_types _add_raster_constraint_scale
      _add_raster_constraint_spatially_unique _add_raster_constraint_srid _drop_overview_constraint _drop_raster_constraint _drop_raster_constraint_alignment
      _drop_raster_constraint_blocksize _drop_raster_constraint_coverage_tile _drop_raster_constraint_extent _drop_raster_constraint_nodata_values
      _drop_raster_constraint_num_bands _drop_raster_constraint_out_db _drop_raster_constraint_pixel_types _drop_raster_constraint_regular_blocking
      _drop_raster_constraint_scale _drop_raster_constraint_spatially_unique _drop_raster_constraint_srid`, altersRaster),
  ],
};

/** A topology is a schema of its own, named by the first argument. */
const readsTopology: Acts = (call) => [act('read', thingAt('schema', call, 0), { extent: 'all', columns: 'all', note: 'the tables of a topology' })];
const readsAnyTopology: Acts = () => [act('read', { kind: 'schema', path: [anyName], system: false }, { extent: 'all', columns: 'all', note: 'the tables of a topology' })];
const editsTopologyAt = (index: number | undefined): Acts => (call) => [act('update', index === undefined ? { kind: 'schema', path: [anyName], system: false } : thingAt('schema', call, index), { extent: 'bounded', note: 'rows of the tables of a topology' })];

/** PostGIS manual, chapter Topology. */
const topology: Pack = {
  bodies: 'trusted',
  // `geometry` is the shape of a value that one holds, by an implicit cast: every `::geometry` may mean it.
  harmless: 'layertrigger relationtrigger gettopologyid gettopologyname geometry',
  hazards: [
    ...all('createtopology st_inittopogeo', (call) => [act('define', thingAt('schema', call, 0), { extent: extentAt(call, 0), note: 'a schema with the tables of a topology' })]),
    ...all('droptopology', (call) => [act('destroy', thingAt('schema', call, 0), { extent: 'all' })]),
    ...all('copytopology', (call) => [...readsTopology(call), act('define', thingAt('schema', call, 1), { extent: extentAt(call, 1) })]),
    ...all('addtopogeometrycolumn', (call) => {
      const { resource, extent } = named('table', call, 1, 3);
      return [act('define', resource, { extent }), ...editsTopologyAt(0)(call)];
    }),
    ...all('droptopogeometrycolumn', (call) => [act('destroy', named('column', call, 0, 3).resource, { extent: 'all' })]),
    ...all('addtosearchpath', () => [act('configure', { kind: 'database', path: [anyName], system: false }, { extent: 'one', reversible: false, note: 'the search path that later sessions start with' })]),
    ...all('populate_topology_layer', () => [act('insert', { kind: 'table', path: ['topology', 'layer'], system: false }, { extent: 'all' })]),
    ...all(`getedgebypoint getfacebypoint getfacecontainingpoint getnodebypoint getnodeedges getringedges st_getfaceedges st_getfacegeometry topologysummary validatetopology
      validatetopologyrelation _validatetopologyedgelinking _validatetopologygetfaceshellmaximaledgering _validatetopologygetringedges _validatetopologyrings _st_adjacentedges
      _st_mintolerance`, readsTopology),
    ...all('equals gettopogeomelementarray gettopogeomelements intersects', readsAnyTopology),
    ...all(`st_addedgemodface st_addedgenewfaces st_addisoedge st_addisonode st_changeedgegeom st_createtopogeo st_modedgeheal st_modedgesplit st_moveisonode st_newedgeheal st_newedgessplit
      st_remedgemodface st_remedgenewface st_remisonode st_removeisoedge st_removeisonode topogeo_addgeometry topogeo_addlinestring topogeo_addpoint topogeo_addpolygon addedge addface
      addnode polygonize removeunusedprimitives createtopogeom`, editsTopologyAt(0)),
    ...all('cleartopogeom topogeom_addelement topogeom_addtopogeom topogeom_remelement totopogeom', editsTopologyAt(undefined)),
  ],
};

/** The census tables; extended by what a loader script makes. */
const readsCensus: Acts = () => [
  act('read', { kind: 'schema', path: ['tiger'], system: false }, { extent: 'all', columns: 'all' }),
  act('read', { kind: 'schema', path: ['tiger_data'], system: false }, { extent: 'all', columns: 'all' }),
];

export const spatial: Readonly<Record<string, Pack>> = {
  postgis, postgis_raster: raster, postgis_topology: topology,
  postgis_sfcgal: { harmless: '' },
  postgis_tiger_geocoder: {
    harmless: '',
    bodies: 'trusted',
    hazards: all('geocode geocode_address geocode_intersection geocode_location get_tract location_extract_countysub_fuzzy reverse_geocode', readsCensus),
  },
  // The tables of a lexicon, a gazetteer and rules are arguments (PostGIS manual, standardize_address).
  address_standardizer: { harmless: '', hazards: all('standardize_address', (call) => [0, 1, 2].flatMap((index) => readsTable(index)(call))) },
  address_standardizer_data_us: { harmless: '' },
};
