import { timestamp } from './faker-time.ts';
import type { RowRandom } from './random.ts';

const models: Readonly<Record<string, string>> = {
  Audi: '80, 100, A2, A4, A6, Q5, TT',
  BMW: '2002, 3 Series, 5 Series, i3, X5, Z3',
  Chevrolet: 'Camaro, Corvette, Impala, Malibu, Suburban',
  Citroen: '2CV, Berlingo, C3, DS, Saxo',
  Fiat: '500, Multipla, Panda, Punto, Tipo',
  Ford: 'Bronco, Escort, Fiesta, Focus, Mustang, Transit',
  Honda: 'Accord, Civic, Fit, Insight, Prelude',
  Hyundai: 'Elantra, Ioniq, Santa Fe, Tucson',
  Jaguar: 'E-Type, F-Pace, XF, XJ',
  Kia: 'Niro, Picanto, Sorento, Soul',
  Lancia: 'Delta, Stratos, Thema, Ypsilon',
  Mazda: '626, CX-5, MX-5, RX-7',
  'Mercedes-Benz': '190 E, C-Class, E-Class, S-Class, Sprinter',
  Nissan: 'Leaf, Micra, Patrol, Primera, Skyline',
  Peugeot: '205, 306, 406, 504, Partner',
  Renault: '4, Clio, Espace, Kangoo, Twingo',
  Saab: '96, 99, 900, 9-5',
  Seat: 'Arosa, Ibiza, Leon, Toledo',
  Skoda: 'Fabia, Favorit, Octavia, Superb',
  Toyota: 'Corolla, Hilux, Land Cruiser, Prius, Yaris',
  Volvo: '240, 850, Amazon, V70',
};

const cars = Object.entries(models).flatMap(([make, list]) =>
  list.split(', ').map((model) => ({ make, model })),
);

/** How many products there are, whatever the config: purchases refer to products 1 to 100. */
export const productCount = cars.length;

/** The JSON of one product. */
export function productJson({ between }: RowRandom, id: number, updatedAt: string): string {
  const { make, model } = cars[id - 1] ?? { make: '', model: '' };
  const createdAt = timestamp(between(0, 1_000_000) / 1_000_000);
  return (
    `{"id":${id},"make":"${make}","model":"${model}","year":${between(1990, 2025)},` +
    `"price":${between(900, 90_000)},"created_at":"${createdAt}","updated_at":"${updatedAt}"}`
  );
}
