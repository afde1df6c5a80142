/** The page with its headers: one answer with all that it needs, under a policy that lets in nothing else. */
import { createHash } from 'node:crypto'
import type { FastifyReply } from 'fastify'
import type { PageModel } from './model.ts'
import { pageHtml } from './render.ts'
import { script } from './script.ts'
import { style } from './style.ts'

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

const policy = [
  "default-src 'none'",
  `script-src ${hashOf(script)}`,
  `style-src ${hashOf(style)}`,
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Sends the page. @param model null: the reader has to say who he is first */
export const sendPage = (reply: FastifyReply, model: PageModel | null): FastifyReply =>
  reply
    .headers({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    })
    .send(pageHtml(model, { script, style }))
