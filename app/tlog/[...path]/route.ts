import { answerLog } from '#server/rest.ts';

export const dynamic = 'force-dynamic';

export { answerLog as GET, answerLog as POST };
