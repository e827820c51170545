import { timestamp } from './faker-time.ts';
import {
  bloodTypes,
  cities,
  countryCodes,
  degrees,
  firstNames,
  genders,
  languages,
  mailHosts,
  mailWords,
  nationalities,
  occupations,
  states,
  streets,
  titles,
} from './faker-words.ts';
import type { RowRandom } from './random.ts';

/**
 * The JSON of one user. Text and not an object: a row that is written where it is made costs a third of one that is
 * serialised afterwards.
 */
export function userJson({ below, between, pick }: RowRandom, id: number, updatedAt: string): string {
  const createdAt = timestamp(between(0, 1_000_000) / 1_000_000);
  const name = pick(firstNames);
  const email = `${pick(mailWords)}${between(1000, 9999)}+${id}@${pick(mailHosts)}`;
  const centimetres = between(150, 200);
  return (
    `{"id":${id},"created_at":"${createdAt}","updated_at":"${updatedAt}","name":"${name}",` +
    `"title":"${pick(titles)}","age":${between(16, 90)},"email":"${email}",` +
    `"telephone":"${telephone(below, between)}","gender":"${pick(genders)}","language":"${pick(languages)}",` +
    `"academic_degree":"${pick(degrees)}","nationality":"${pick(nationalities)}",` +
    `"occupation":"${pick(occupations)}","height":"${(centimetres / 100).toFixed(2)}",` +
    `"blood_type":"${pick(bloodTypes)}","weight":${between(40, 110)},` +
    `"address":{"street_number":"${between(1, 1400)}","street_name":"${pick(streets)}","city":"${pick(cities)}",` +
    `"state":"${pick(states)}","province":"${pick(states)}","postal_code":"${between(10_000, 99_999)}",` +
    `"country_code":"${pick(countryCodes)}"}}`
  );
}

/** Numbers of the exchange 555-01xx, which is set aside for fiction, in the spellings that real tables hold. */
function telephone(below: RowRandom['below'], between: RowRandom['between']): string {
  const area = between(201, 989);
  const line = `01${between(10, 99)}`;
  switch (below(4)) {
    case 0:
      return `+1-${area}-555-${line}`;
    case 1:
      return `(${area}) 555-${line}`;
    case 2:
      return `${area}.555.${line}`;
    default:
      return `1-${area}-555-${line}`;
  }
}
