import type { Catalog, Stream } from '../../protocol/catalog.ts';

const timestamp = { type: 'string', format: 'date-time', airbyte_type: 'timestamp_with_timezone' };
const timestampOrNull = { ...timestamp, type: ['null', 'string'] };
const text = { type: 'string' };
const integer = { type: 'integer' };

/** The faker's three streams: names, fields and schemas are those of Airbyte's source-faker. */
export const fakerCatalog: Catalog = {
  streams: [
    stream('products', {
      id: integer,
      make: text,
      model: text,
      year: integer,
      price: { type: 'number' },
      created_at: timestamp,
      updated_at: timestamp,
    }),
    stream('users', {
      id: integer,
      created_at: timestamp,
      updated_at: timestamp,
      name: text,
      title: text,
      age: integer,
      email: text,
      telephone: text,
      gender: text,
      language: text,
      academic_degree: text,
      nationality: text,
      occupation: text,
      height: text,
      blood_type: text,
      weight: integer,
      address: {
        type: 'object',
        properties: {
          street_number: text,
          street_name: text,
          city: text,
          state: text,
          province: text,
          postal_code: text,
          country_code: text,
        },
      },
    }),
    stream('purchases', {
      id: integer,
      user_id: integer,
      product_id: integer,
      created_at: timestamp,
      updated_at: timestamp,
      added_to_cart_at: timestampOrNull,
      purchased_at: timestampOrNull,
      returned_at: timestampOrNull,
    }),
  ],
};

function stream(name: string, properties: Readonly<Record<string, unknown>>): Stream {
  return {
    name,
    json_schema: { $schema: 'http://json-schema.org/draft-07/schema#', type: 'object', properties },
    supported_sync_modes: ['full_refresh', 'incremental'],
    source_defined_cursor: true,
    default_cursor_field: ['updated_at'],
    source_defined_primary_key: [['id']],
    is_resumable: true,
  };
}
