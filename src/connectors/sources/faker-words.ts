/** What the faker's people are made of. Plain letters only: the words are put into JSON as they are. */

const words = (text: string): readonly string[] => text.trim().split(/\s*,\s*/);

export const firstNames = words(`
  Ada, Agnes, Alma, Amir, Anders, Anika, Arthur, Beatriz, Bela, Bruno, Carla, Cesar, Chidi, Clara, Dalia, Daniel,
  Dmitri, Edith, Elif, Emeka, Enzo, Esther, Farah, Felix, Freya, Gideon, Greta, Hana, Hector, Hugo, Ines, Ingrid,
  Isaac, Jamal, Jolene, Jorge, Kaito, Karim, Katya, Kofi, Lars, Leila, Lucia, Magnus, Maren, Mateo, Mei, Mila,
  Nadia, Niklas, Noor, Olga, Omar, Otto, Paloma, Petra, Priya, Quentin, Rafael, Renata, Rosa, Samir, Selma, Sven,
  Tariq, Thea, Tomas, Uma, Vera, Viktor, Wanda, Willem, Xenia, Yara, Yusuf, Zeno`);

export const titles = words('Mr., Mrs., Ms., Miss, Mx., Dr., Prof., Sir, Dame, Rev.');

export const genders = words('Female, Male, Nonbinary, Agender, Genderfluid, Other');

export const degrees = words('Associate, Bachelor, Master, PhD, Diploma');

export const bloodTypes = words('O+, O-, A+, A-, B+, B-, AB+, AB-');

export const languages = words(`
  Albanian, Amharic, Arabic, Armenian, Basque, Bengali, Bulgarian, Catalan, Croatian, Czech, Danish, Dutch, English,
  Estonian, Finnish, French, Galician, Georgian, German, Greek, Gujarati, Hausa, Hebrew, Hindi, Hungarian, Icelandic,
  Igbo, Indonesian, Irish, Italian, Japanese, Javanese, Kannada, Kazakh, Khmer, Korean, Latvian, Lithuanian, Malay,
  Maltese, Marathi, Mongolian, Nepali, Norwegian, Persian, Polish, Portuguese, Punjabi, Quechua, Romanian, Russian,
  Samoan, Serbian, Slovak, Somali, Spanish, Swahili, Swedish, Tagalog, Tamil, Thai, Turkish, Ukrainian, Urdu, Welsh,
  Xhosa, Yoruba, Zulu`);

export const nationalities = words(`
  Algerian, Argentine, Australian, Austrian, Belgian, Bolivian, Brazilian, British, Bulgarian, Cameroonian, Canadian,
  Chilean, Chinese, Colombian, Cuban, Czech, Danish, Dutch, Egyptian, Estonian, Ethiopian, Finnish, French, German,
  Ghanaian, Greek, Hungarian, Icelandic, Indian, Indonesian, Irish, Israeli, Italian, Jamaican, Japanese, Kenyan,
  Korean, Latvian, Lebanese, Malaysian, Mexican, Moroccan, Nigerian, Norwegian, Pakistani, Peruvian, Polish,
  Portuguese, Romanian, Senegalese, Serbian, Spanish, Swedish, Swiss, Thai, Tunisian, Turkish, Ukrainian, Uruguayan,
  Vietnamese`);

export const occupations = words(`
  Acrobat, Actuary, Archivist, Astronomer, Baker, Beekeeper, Biologist, Blacksmith, Bookbinder, Botanist, Bricklayer,
  Bus Driver, Carpenter, Cartographer, Chef, Civil Engineer, Clockmaker, Coroner, Crane Operator, Data Engineer,
  Dentist, Dressmaker, Electrician, Farmer, Ferry Captain, Firefighter, Fisherman, Florist, Forester, Geologist,
  Glazier, Goldsmith, Harbour Pilot, Historian, Interpreter, Judge, Landscape Architect, Lens Grinder, Librarian,
  Lighthouse Keeper, Locksmith, Midwife, Miller, Music Teacher, Nurse, Optician, Organ Builder, Paediatrician,
  Pastry Cook, Pharmacist, Piano Tuner, Plumber, Postal Worker, Potter, Proofreader, Quantity Surveyor, Roofer,
  Saddler, Sailmaker, Shepherd, Signal Engineer, Sound Technician, Stonemason, Surgeon, Tailor, Train Dispatcher,
  Translator, Upholsterer, Veterinarian, Violin Maker, Watch Repairer, Weaver, Welder, Zookeeper`);

export const streets = words(`
  Acorn, Alder, Amber, Aspen, Bellflower, Birch, Bramble, Brook, Cedar, Chapel, Cherry, Church, Clover, Copper,
  Coppice, Dovecote, Elder, Fern, Foundry, Garnet, Granary, Harbour, Hawthorn, Hazel, Heather, Holly, Ivy, Juniper,
  Kiln, Larch, Laurel, Linden, Long Meadow, Market, Mill Pond, Mulberry, North Gate, Old Quarry, Orchard, Pear Tree,
  Poplar, Quay, Ropewalk, Rowan, Saddlers, Sandstone, South Bank, Spring, Tannery, Thistle, Upper Ferry, Vine,
  Walnut, Weavers, West Dyke, Willow, Windmill, Yew Tree`);

export const cities = words(`
  Albany, Amarillo, Anchorage, Arlington, Augusta, Baltimore, Baton Rouge, Bellevue, Billings, Birmingham, Boise,
  Boulder, Bridgeport, Buffalo, Burlington, Cambridge, Cedar Rapids, Charleston, Chattanooga, Cheyenne, Cincinnati,
  Columbia, Concord, Corpus Christi, Dayton, Des Moines, Duluth, Durham, El Paso, Eugene, Evansville, Fargo,
  Flagstaff, Fort Collins, Fresno, Grand Rapids, Green Bay, Hartford, Helena, Huntsville, Jackson, Kalamazoo,
  Knoxville, Lansing, Las Cruces, Lincoln, Little Rock, Madison, Manchester, Mobile, Montgomery, Nashville, Norfolk,
  Olympia, Peoria, Providence, Pueblo, Raleigh, Rapid City, Roanoke, Rochester, Sacramento, Salem, Santa Fe,
  Savannah, Scranton, Sioux Falls, Spokane, Springfield, Syracuse, Tacoma, Toledo, Topeka, Tucson, Tulsa, Wichita`);

export const states = words(`
  Alabama, Alaska, Arizona, Arkansas, California, Colorado, Connecticut, Delaware, Florida, Georgia, Hawaii, Idaho,
  Illinois, Indiana, Iowa, Kansas, Kentucky, Louisiana, Maine, Maryland, Massachusetts, Michigan, Minnesota,
  Mississippi, Missouri, Montana, Nebraska, Nevada, New Hampshire, New Jersey, New Mexico, New York, North Carolina,
  North Dakota, Ohio, Oklahoma, Oregon, Pennsylvania, Rhode Island, South Carolina, South Dakota, Tennessee, Texas,
  Utah, Vermont, Virginia, Washington, West Virginia, Wisconsin, Wyoming`);

export const countryCodes = words(`
  AD, AL, AR, AT, AU, BE, BG, BO, BR, CA, CH, CL, CM, CN, CO, CZ, DE, DK, DZ, EC, EE, EG, ES, ET, FI, FJ, FR, GB, GE,
  GH, GR, HR, HU, ID, IE, IL, IN, IS, IT, JM, JP, KE, KR, LB, LK, LT, LU, LV, MA, MT, MX, MY, NG, NL, NO, NP, NZ, PE,
  PH, PK, PL, PT, PY, RO, RS, RW, SE, SG, SI, SK, SN, TH, TN, TR, TZ, UA, UG, US, UY, VN, ZA, ZM`);

export const mailWords = words(`
  anchor, apricot, badger, basket, beacon, bobbin, cactus, candle, canyon, comet, copper, cricket, dune, ember,
  falcon, feather, ferry, fiddle, garnet, glacier, hammock, harvest, heron, island, jigsaw, kettle, lagoon, lantern,
  lemon, magnet, marble, meadow, nutmeg, oriole, otter, paddle, pebble, pepper, pigeon, quartz, raven, ribbon,
  saddle, sextant, sparrow, teapot, thimble, tulip, velvet, walrus, willow, zephyr`);

/** Reserved for examples: nobody can ever receive mail there. */
export const mailHosts = words('example.com, example.org, example.net');
